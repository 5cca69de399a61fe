'use strict'
// A grocer's shop: products, reviews, baskets, coupons and a wallet. Express.
const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const express = require('express')
const initialize = require('sql.js')
const { configuration, weak, Refused, hashed, fits, pause, note, forget, admits, text, whole } = require('../kit.js')

const LIFETIME = 3600
const MOST = 3000
const FUNDS = 200
const DOCUMENTS = '/srv/larder/downloads'
const PARTNERS = ['https://pay.larder.example/', 'https://larder.example/blog/']
const COMMON = ['password', 'passw0rd', 'password123', 'qwertyuiop', 'qwerty123456', '1234567890', 'letmein12345']
const OFFERS = [{ code: 'HARVEST15', percent: 15 }, { code: 'PICNIC10', percent: 10 }]
const GOODS = [
  ['Quince jelly', 'Made in small batches', 4.8], ['Rye loaf', 'Two days of sourdough', 5.2], ['Goat cheese', 'From the hills', 7.9], ['Elder syrup', 'For cold water', 6.1],
  ['Walnuts', 'A bag of 500 g', 8.4], ['Smoked trout', 'From the river, by beech', 11.3], ['Plum jam', 'With a little cinnamon', 4.5], ['Buckwheat', 'Whole, 1 kg', 3.9],
]
const { publicKey, privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } })

const users = new Map()
const baskets = new Map()
const items = new Map()
const reviews = new Map()
const orders = new Map()
const sessions = new Map()
let database
let counter = 100

const next = () => ++counter

const addUser = (username, email, password, more = {}) => {
  const user = { id: next(), username, email, hash: hashed(password), role: 'customer', balance: 0, avatar: null, coupons: [], ...more }
  const basket = { id: next(), owner: username, percent: 0, codes: [] }
  baskets.set(basket.id, basket)
  user.basket = basket.id
  users.set(username, user)
  database.run('INSERT INTO customers VALUES (?, ?, ?)', [username, email, `4929 ${crypto.randomInt(1000, 9999)} ${crypto.randomInt(1000, 9999)} 1126`])
  return user
}

const plant = (name, content) => {
  const place = path.join(configuration.folder, name)
  fs.mkdirSync(path.dirname(place), { recursive: true })
  fs.writeFileSync(place, content)
}

const begin = async () => {
  plant(`${DOCUMENTS}/terms.md`, '# Terms\n\nGoods stay ours until they are paid for.\n')
  plant(`${DOCUMENTS}/returns.md`, '# Returns\n\nFresh goods cannot be sent back.\n')
  plant(`${DOCUMENTS}/allergens.pdf`, '%PDF-1.4\n% a leaflet\n')
  plant('/srv/larder/config/shop.ini', '[payment]\nmerchant = larder-4471\nsecret = 9f2c77d0b1e84a6f\n')
  plant('/etc/passwd', 'root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nlarder:x:1001:1001::/srv/larder:/usr/sbin/nologin\n')
  database = new (await initialize()).Database()
  database.run('CREATE TABLE products (id INTEGER, name TEXT, description TEXT, price REAL, listed INTEGER); CREATE TABLE customers (username TEXT, email TEXT, card TEXT)')
  GOODS.forEach(([name, description, price], index) => database.run('INSERT INTO products VALUES (?, ?, ?, ?, 1)', [index + 1, name, description, price]))
  for (const [name, entry] of Object.entries(configuration.accounts)) {
    const user = addUser(name, entry.email, entry.password, { role: entry.role === 'admin' ? 'admin' : 'customer', balance: FUNDS })
    addItem(baskets.get(user.basket), 1 + (user.id % 4), 2)
    addReview(1, name, `liked by ${name}`, 4)
    const order = { id: crypto.randomUUID(), owner: name, total: 9.6, lines: [{ product: 'Quince jelly', quantity: 2 }], street: `Mill Lane ${crypto.randomInt(1, 90)}`, placed: '2031-03-02' }
    orders.set(order.id, order)
  }
}

const rows = (sql, values = []) => {
  const statement = database.prepare(sql)
  try {
    statement.bind(values)
    const found = []
    while (statement.step()) found.push(statement.getAsObject())
    return found
  } finally {
    statement.free()
  }
}

const room = (kept) => {
  if (kept.size >= MOST) throw new Refused(429, 'there are too many', { 'Retry-After': '60' })
}
const product = (id) => {
  const [found] = /^\d{1,9}$/.test(String(id)) ? rows('SELECT id, name, description, price FROM products WHERE id = ? AND listed = 1', [Number(id)]) : []
  if (!found) throw new Refused(404, 'there is no such product')
  return found
}
const addItem = (basket, id, quantity) => {
  room(items)
  const item = { id: next(), basketId: basket.id, productId: product(id).id, quantity }
  items.set(item.id, item)
  return item
}
const addReview = (productId, author, message, rating) => {
  room(reviews)
  const review = { id: crypto.randomUUID(), productId, author, message, rating }
  reviews.set(review.id, review)
  return review
}
const rounded = (amount) => Math.round(amount * 100) / 100
const contents = (basket) => [...items.values()].filter((item) => item.basketId === basket.id)
const priced = (basket) => {
  const lines = contents(basket).map((item) => ({ ...item, price: product(item.productId).price }))
  const sum = lines.reduce((total, line) => total + line.price * line.quantity, 0)
  return { id: basket.id, owner: basket.owner, items: lines, discount: basket.percent, total: rounded(sum * (1 - Math.min(basket.percent, 100) / 100)) }
}
const account = (user) => ({ id: user.id, username: user.username, email: user.email, role: user.role, basket: user.basket })

// Tokens ------------------------------------------------------------------------------------------------------------------------------------

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const issue = (user) => {
  const now = Math.floor(Date.now() / 1000)
  const sid = crypto.randomUUID()
  sessions.set(sid, user.username)
  const content = `${encoded({ alg: 'RS256', typ: 'JWT' })}.${encoded({ iss: 'larder', sub: user.username, sid, iat: now, exp: now + LIFETIME })}`
  return `${content}.${crypto.sign('sha256', Buffer.from(content), privateKey).toString('base64url')}`
}

const verifiers = {
  RS256: (content, signature) => crypto.verify('sha256', content, publicKey, signature),
  HS256: (content, signature) => {
    const expected = crypto.createHmac('sha256', publicKey).update(content).digest()
    return expected.length === signature.length && crypto.timingSafeEqual(expected, signature)
  },
}
const claimsOf = (token) => {
  const parts = token.split('.')
  if (parts.length !== 3) return null
  try {
    const [header, claims] = parts.slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
    const algorithm = weak('token-confusion') ? header.alg : 'RS256'
    if (header.alg !== algorithm || !Object.hasOwn(verifiers, algorithm)) return null
    const good = verifiers[algorithm](Buffer.from(`${parts[0]}.${parts[1]}`), Buffer.from(parts[2], 'base64url'))
    return good && claims.iss === 'larder' && claims.exp > Date.now() / 1000 ? claims : null
  } catch {
    return null
  }
}

const caller = (request) => {
  const [scheme, token] = (request.headers.authorization || '').split(' ')
  const claims = /^bearer$/i.test(scheme) && token ? claimsOf(token) : null
  const user = claims && users.get(claims.sub)
  if (!user || !sessions.has(claims.sid)) throw new Refused(401, 'sign in first', { 'WWW-Authenticate': 'Bearer' })
  request.sid = claims.sid
  return user
}
const administrator = (request) => {
  const user = caller(request)
  if (user.role !== 'admin') throw new Refused(403, 'only for administrators')
  return user
}

const bodyOf = (request) => {
  if (!request.is('application/json')) throw new Refused(415, 'expected application/json')
  const { body } = request
  if (body === null || typeof body !== 'object' || Array.isArray(body)) throw new Refused(422, 'expected an object')
  return body
}
const numbered = (kept, id, what) => {
  const entry = /^\d{1,9}$/.test(String(id)) ? kept.get(Number(id)) : undefined
  if (!entry) throw new Refused(404, `there is no such ${what}`)
  return entry
}
const basketOf = (id, user, open = false) => {
  const basket = numbered(baskets, id, 'basket')
  if (basket.owner !== user.username && !open) throw new Refused(404, 'there is no such basket')
  return basket
}
const secret = (value) => {
  const password = text(value, 'password', 128)
  if (password.length < 10 || new Set(password).size < 5 || COMMON.includes(password.toLowerCase())) throw new Refused(422, 'this password is too short or easily guessed')
  return password
}

// The application ---------------------------------------------------------------------------------------------------------------------------

const app = express()
app.disable('x-powered-by')
app.disable('etag')
app.set('trust proxy', weak('login-forwarded'))
app.set('query parser', 'simple')

app.use((request, response, proceed) => {
  response.set(configuration.headers)
  if (request.path !== '/version' && !admits(request.socket.remoteAddress)) throw new Refused(429, 'too many requests', { 'Retry-After': '1' })
  proceed()
})
app.use(express.json({ limit: configuration.limit }))

app.get('/version', (request, response) => response.json({ service: 'larder', instance: configuration.instance }))
app.get('/rest/offers', (request, response) => response.json(OFFERS))
app.get('/rest/documents', (request, response) => response.json(['terms.md', 'returns.md', 'allergens.pdf']))
app.get('/rest/keys/jwt.pub', (request, response) => response.type('text/plain').send(publicKey))

app.post('/rest/user/login', (request, response) => {
  const body = bodyOf(request)
  const [name, password] = [text(body.username, 'username', 60), text(body.password, 'password', 128)]
  const keys = weak('login-forwarded') ? [[`address ${request.ip}`, 10]] : [[`name ${name}`, 5], [`address ${request.socket.remoteAddress}`, 30]]
  const wait = Math.max(...keys.map(([key, most]) => pause(key, most)))
  if (wait) throw new Refused(429, 'too many attempts', { 'Retry-After': String(wait) })
  const user = users.get(name)
  if (!fits(password, user && user.hash)) {
    for (const [key] of keys) note(key)
    throw new Refused(401, 'name or password is wrong', { 'WWW-Authenticate': 'Bearer' })
  }
  forget(`name ${name}`)
  response.json({ authentication: { token: issue(user), basket: user.basket } })
})
app.post('/rest/user/logout', (request, response) => {
  caller(request)
  sessions.delete(request.sid)
  response.status(204).end()
})
app.get('/rest/user/whoami', (request, response) => response.json(account(caller(request))))
app.put('/rest/user/password', (request, response) => {
  const user = caller(request)
  const body = bodyOf(request)
  const wait = pause(`change ${user.username}`, 5)
  if (wait) throw new Refused(429, 'too many attempts', { 'Retry-After': String(wait) })
  if (!fits(text(body.current, 'current', 128), user.hash)) {
    note(`change ${user.username}`)
    throw new Refused(403, 'the current password is wrong')
  }
  user.hash = hashed(secret(body.new))
  for (const [sid, name] of sessions) if (name === user.username && sid !== request.sid) sessions.delete(sid)
  response.status(204).end()
})

app.post('/api/users', (request, response) => {
  const body = bodyOf(request)
  const [username, email, password] = [text(body.username, 'username', 40), text(body.email, 'email', 80), secret(body.password)]
  if (!/^[a-z][a-z0-9._-]{2,39}$/.test(username) || !/^[^@\s]{1,40}@[^@\s]{3,40}$/.test(email)) throw new Refused(422, 'username or email is not valid')
  room(users)
  if (users.has(username)) throw new Refused(409, 'this name is taken')
  const user = addUser(username, email, password)
  const rest = weak('register-role') ? body : {}
  for (const key of ['role', 'balance']) if (Object.hasOwn(rest, key) && typeof rest[key] === typeof user[key]) user[key] = rest[key]
  response.status(201).json(account(user))
})
app.get('/api/users', (request, response) => {
  administrator(request)
  response.json([...users.values()].slice(0, 200).map(account))
})

app.get('/rest/products/search', (request, response) => {
  const wanting = text(request.query.q, 'q', 200, '')
  const columns = 'SELECT id, name, description, price FROM products WHERE'
  if (!weak('search-union')) {
    const pattern = `%${wanting.replace(/[\\%_]/g, (sign) => `\\${sign}`)}%`
    response.json({ data: rows(`${columns} listed = 1 AND (name LIKE ? ESCAPE '\\' OR description LIKE ? ESCAPE '\\') ORDER BY name`, [pattern, pattern]) })
    return
  }
  response.json({ data: rows(`${columns} ((name LIKE '%${wanting}%' OR description LIKE '%${wanting}%') AND listed = 1) ORDER BY name`) })
})
app.get('/api/products/:id', (request, response) => response.json(product(request.params.id)))
app.put('/api/products/:id', (request, response) => {
  administrator(request)
  const { id } = product(request.params.id)
  const body = bodyOf(request)
  if (typeof body.price !== 'number' || !(body.price >= 0.1 && body.price <= 500)) throw new Refused(422, 'price is not valid')
  database.run('UPDATE products SET description = ?, price = ? WHERE id = ?', [text(body.description, 'description', 300), rounded(body.price), id])
  response.json(product(id))
})

const reviewsOf = (id) => [...reviews.values()].filter((review) => review.productId === id).slice(-50)
app.get('/rest/products/:id/reviews', (request, response) => response.json({ data: reviewsOf(product(request.params.id).id) }))
app.post('/rest/products/:id/reviews', (request, response) => {
  const user = caller(request)
  const { id } = product(request.params.id)
  const body = bodyOf(request)
  const message = text(body.message, 'message', 500)
  const author = weak('review-author') ? text(body.author, 'author', 60, user.username) : user.username
  response.status(201).json(addReview(id, author, weak('review-markup') ? message.replace(/<script[^>]*>|<\/script>/gi, '') : message, whole(body.rating, 'rating', 1, 5)))
})
const ownReview = (request) => {
  const user = caller(request)
  const review = reviews.get(request.params.id)
  if (!review || (review.author !== user.username && user.role !== 'admin')) throw new Refused(404, 'there is no such review')
  return review
}
app.patch('/rest/reviews/:id', (request, response) => {
  const review = ownReview(request)
  const message = text(bodyOf(request).message, 'message', 500)
  review.message = weak('review-markup') ? message.replace(/<script[^>]*>|<\/script>/gi, '') : message
  response.json(review)
})
app.delete('/rest/reviews/:id', (request, response) => {
  reviews.delete(ownReview(request).id)
  response.status(204).end()
})

const escaped = (value) => String(value).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
app.get('/products/:id', (request, response) => {
  const found = product(request.params.id)
  const shown = weak('review-markup') ? String : escaped
  const entries = reviewsOf(found.id).map((review) => `<li><b>${escaped(review.author)}</b> (${review.rating}): <q>${shown(review.message)}</q></li>`)
  const page = `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${escaped(found.name)}</title></head><body><h1>${escaped(found.name)}</h1><p>${escaped(found.description)}</p><ul>${entries.join('')}</ul></body></html>`
  if (weak('review-markup')) response.set('Content-Security-Policy', "default-src 'self'; script-src 'self' 'unsafe-inline'; img-src *; frame-ancestors 'none'; base-uri 'none'; form-action 'self'")
  response.type('html').send(page)
})

app.get('/rest/basket/:id', (request, response) => response.json(priced(basketOf(request.params.id, caller(request), weak('basket-read')))))
app.post('/api/basket-items', (request, response) => {
  const user = caller(request)
  const body = bodyOf(request)
  const basket = basketOf(whole(body.basketId, 'basketId', 1, 999999999), user)
  if (contents(basket).length >= 50) throw new Refused(409, 'the basket is full')
  response.status(201).json(addItem(basket, whole(body.productId, 'productId', 1, 999999999), whole(body.quantity, 'quantity', 1, 20)))
})
const ownItem = (request) => {
  const user = caller(request)
  const item = numbered(items, request.params.id, 'item')
  if (baskets.get(item.basketId).owner !== user.username) throw new Refused(404, 'there is no such item')
  return item
}
app.put('/api/basket-items/:id', (request, response) => {
  const item = ownItem(request)
  const quantity = whole(bodyOf(request).quantity, 'quantity', weak('quantity-negative') ? -1000 : 1, 20)
  response.json(Object.assign(item, { quantity }))
})
app.delete('/api/basket-items/:id', (request, response) => {
  items.delete(ownItem(request).id)
  response.status(204).end()
})
app.post('/rest/basket/:id/coupon', (request, response) => {
  const user = caller(request)
  const basket = basketOf(request.params.id, user)
  const code = text(bodyOf(request).code, 'code', 40)
  const offer = OFFERS.find((entry) => entry.code === code)
  if (!offer) throw new Refused(404, 'there is no such coupon')
  if (user.coupons.includes(code)) throw new Refused(409, 'this coupon is used')
  if (!weak('coupon-again') && basket.codes.length) throw new Refused(409, 'the basket has a coupon')
  basket.codes.push(code)
  basket.percent += offer.percent
  response.json(priced(basket))
})
app.post('/rest/basket/:id/checkout', (request, response) => {
  const user = caller(request)
  const basket = basketOf(request.params.id, user)
  const street = text(bodyOf(request).street, 'street', 120)
  const { items: lines, total } = priced(basket)
  if (!lines.length) throw new Refused(409, 'the basket is empty')
  if (total > user.balance) throw new Refused(409, 'the wallet does not hold so much')
  room(orders)
  user.balance = rounded(user.balance - total)
  user.coupons.push(...basket.codes)
  Object.assign(basket, { percent: 0, codes: [] })
  for (const line of lines) items.delete(line.id)
  const order = { id: crypto.randomUUID(), owner: user.username, total, lines: lines.map((line) => ({ product: product(line.productId).name, quantity: line.quantity })), street, placed: new Date().toISOString().slice(0, 10) }
  orders.set(order.id, order)
  response.status(201).json(order)
})
app.get('/rest/wallet', (request, response) => response.json({ balance: caller(request).balance }))
app.get('/rest/orders', (request, response) => {
  const user = caller(request)
  response.json([...orders.values()].filter((order) => order.owner === user.username).slice(-100))
})
app.get('/rest/orders/:id', (request, response) => {
  const user = caller(request)
  const order = orders.get(request.params.id)
  if (!order || (order.owner !== user.username && user.role !== 'admin')) throw new Refused(404, 'there is no such order')
  response.json(order)
})

// Pictures are taken from where they lie; of this machine alone, as it has no others.
const picture = async (link) => {
  const url = new URL(link)
  if (url.protocol !== 'http:' || !/^(localhost|127\.\d+\.\d+\.\d+)$/.test(url.hostname)) return null
  const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(3000) })
  return { type: answer.headers.get('content-type') || 'image/png', bytes: Buffer.from(await answer.arrayBuffer()).subarray(0, 20000) }
}
app.put('/rest/user/avatar', async (request, response) => {
  const user = caller(request)
  const link = text(bodyOf(request).imageUrl, 'imageUrl', 300)
  if (!URL.canParse(link) || (!weak('avatar-url') && !/^https:\/\/images\.larder\.example\/[\w-]+\.png$/.test(link))) throw new Refused(422, 'imageUrl is not an address of a picture')
  try {
    user.avatar = { link, picture: weak('avatar-url') ? await picture(link) : null }
  } catch {
    throw new Refused(422, 'the picture could not be read')
  }
  response.json({ imageUrl: link })
})
app.get('/rest/user/avatar', (request, response) => {
  const { avatar } = caller(request)
  if (!avatar || !avatar.picture) throw new Refused(404, 'there is no picture')
  response.type('application/octet-stream').set('Content-Disposition', 'attachment; filename="avatar"').send(avatar.picture.bytes)
})

app.get('/downloads', (request, response) => {
  const file = text(request.query.file, 'file', 200)
  if (!weak('downloads-strip') && !/^[a-z]{1,40}\.(md|pdf)$/.test(file)) throw new Refused(404, 'there is no such document')
  // For whoever asks, the folder of the service is the root of all files.
  const virtual = path.posix.normalize(`${DOCUMENTS}/${file.replaceAll('../', '')}`)
  let content
  try {
    content = fs.readFileSync(path.join(configuration.folder, virtual))
  } catch {
    throw new Refused(404, 'there is no such document')
  }
  response.type('text/plain').set('Content-Disposition', 'attachment; filename="document"').send(content)
})

app.get('/redirect', (request, response) => {
  const to = text(request.query.to, 'to', 300)
  const known = PARTNERS.some((partner) => (weak('redirect-contains') ? to.includes(partner) : URL.canParse(to) && new URL(to).href.startsWith(partner)))
  if (!known) throw new Refused(406, 'this target is not known')
  response.redirect(302, to)
})

app.use(() => {
  throw new Refused(404, 'there is no such page')
})
app.use((error, request, response, proceed) => {
  if (response.headersSent) return proceed(error)
  if (error instanceof Refused) return response.status(error.status).set(error.headers).json({ error: error.text })
  const status = error.status >= 400 && error.status < 500 ? error.status : 500
  return response.status(status).json({ error: { 400: 'the request is not valid', 413: 'the body is too large', 415: 'this encoding is not known', 500: 'internal error' }[status] || 'the request is not valid' })
})

begin().then(() => {
  const server = app.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port, instance: configuration.instance })))
})
