'use strict'
// A box office: events, orders, tickets that are passed on, gift cards and credit. Fastify.
const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const fastify = require('fastify')
const initialize = require('sql.js')
const { configuration, weak, Refused, hashed, fits, pause, note, forget, admits, text, whole } = require('../kit.js')

const LIFETIME = 3600
const MOST = 3000
const FUNDS = 60000
const POSTERS = '/srv/boxoffice/posters'
const COMMON = ['password', 'passw0rd', 'password123', 'qwertyuiop', 'qwerty123456', '1234567890', 'letmein12345']
const EVENTS = [
  ['Winter Suite', 'Harbourton', '2031-11-04', 3400, 1], ['The Heron', 'Elmstead', '2031-11-09', 2200, 1], ['Brass at Noon', 'Harbourton', '2031-11-15', 1200, 1],
  ['Three Clowns', 'Elmstead', '2031-12-01', 1800, 1], ['Night of Tango', 'Quayside', '2031-12-06', 4100, 1], ['Press evening, secret guest', 'Quayside', '2032-01-12', 900, 0],
]
const { publicKey, privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 })
const KID = crypto.randomBytes(6).toString('hex')

const users = new Map()
const orders = new Map()
const tickets = new Map()
const cards = new Map()
const resets = new Map()
const revoked = new Set()
let database
let counter = 500

const next = () => ++counter
const room = (kept) => {
  if (kept.size >= MOST) throw new Refused(429, 'there are too many', { 'Retry-After': '60' })
}
const addUser = (username, email, password, more = {}) => {
  const user = { id: next(), username, email, displayName: username, city: '', newsletter: false, role: 'customer', creditCents: 0, version: 1, hash: hashed(password), ...more }
  users.set(username, user)
  database.run('INSERT INTO holders VALUES (?, ?, ?)', [username, email, `5204 ${crypto.randomInt(1000, 9999)} ${crypto.randomInt(1000, 9999)} 7731`])
  return user
}
const addOrder = (user, show, quantity, unitCents) => {
  const order = { id: next(), owner: user.username, eventId: show.id, event: show.name, quantity, unitCents, totalCents: quantity * unitCents, invoiceTo: user.email, state: 'paid' }
  orders.set(order.id, order)
  for (let place = 0; place < quantity; place++) {
    const ticket = { id: next(), orderId: order.id, event: show.name, holder: user.username, code: crypto.randomBytes(9).toString('hex') }
    tickets.set(ticket.id, ticket)
  }
  return order
}
const plant = (name, content) => {
  const place = path.join(configuration.folder, name)
  fs.mkdirSync(path.dirname(place), { recursive: true })
  fs.writeFileSync(place, content)
}

const begin = async () => {
  plant(`${POSTERS}/winter-suite.txt`, 'WINTER SUITE\nStrings and a late organ\n')
  plant(`${POSTERS}/the-heron.txt`, 'THE HERON\nA play in two acts\n')
  plant('/srv/boxoffice/config/payments.env', 'PSP_MERCHANT=bo-5521\nPSP_SECRET=4d1fa0c27be94e63\n')
  plant('/etc/passwd', 'root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nboxoffice:x:1001:1001::/srv/boxoffice:/usr/sbin/nologin\n')
  database = new (await initialize()).Database()
  database.run('CREATE TABLE events (id INTEGER, name TEXT, city TEXT, date TEXT, cents INTEGER, published INTEGER); CREATE TABLE holders (username TEXT, email TEXT, card TEXT)')
  EVENTS.forEach((entry, index) => database.run('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)', [index + 1, ...entry]))
  for (const [name, entry] of Object.entries(configuration.accounts)) {
    const user = addUser(name, entry.email, entry.password, { role: entry.role === 'admin' ? 'admin' : 'customer', creditCents: FUNDS, city: 'Harbourton' })
    addOrder(user, event(1), 2, 3400)
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
const event = (id) => {
  const [found] = /^\d{1,9}$/.test(String(id)) ? rows('SELECT id, name, city, date, cents FROM events WHERE id = ? AND published = 1', [Number(id)]) : []
  if (!found) throw new Refused(404, 'there is no such event')
  return found
}
const account = ({ id, username, email, displayName, city, newsletter, role, creditCents }) => ({ id, username, email, displayName, city, newsletter, role, creditCents })
const escaped = (value) => String(value).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)

// Tokens ------------------------------------------------------------------------------------------------------------------------------------

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const issue = (user) => {
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: 'boxoffice', sub: user.username, ver: user.version, jti: crypto.randomUUID(), iat: now, exp: now + LIFETIME }
  const content = `${encoded({ alg: 'RS256', typ: 'JWT', kid: KID })}.${encoded(claims)}`
  return `${content}.${crypto.sign('sha256', Buffer.from(content), privateKey).toString('base64url')}`
}
const keyOf = (header) => (weak('token-jwk') && header.jwk ? crypto.createPublicKey({ key: header.jwk, format: 'jwk' }) : publicKey)
const claimsOf = (token) => {
  const parts = token.split('.')
  if (parts.length !== 3) return null
  try {
    const [header, claims] = parts.slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
    if (header.alg !== 'RS256') return null
    const good = crypto.verify('sha256', Buffer.from(`${parts[0]}.${parts[1]}`), keyOf(header), Buffer.from(parts[2], 'base64url'))
    return good && claims.iss === 'boxoffice' && claims.exp > Date.now() / 1000 ? claims : null
  } catch {
    return null
  }
}
const caller = (request) => {
  const [scheme, token] = (request.headers.authorization || '').split(' ')
  const claims = /^bearer$/i.test(scheme) && token ? claimsOf(token) : null
  const user = claims && users.get(claims.sub)
  if (!user || claims.ver !== user.version || revoked.has(claims.jti)) throw new Refused(401, 'sign in first', { 'WWW-Authenticate': 'Bearer' })
  request.jti = claims.jti
  return user
}
const administrator = (request) => {
  const user = caller(request)
  if (user.role !== 'admin') throw new Refused(403, 'only for the office')
  return user
}
const bodyOf = ({ body }) => {
  if (body === null || typeof body !== 'object' || Array.isArray(body)) throw new Refused(422, 'expected an object')
  return body
}
const secret = (value) => {
  const password = text(value, 'password', 128)
  if (password.length < 10 || new Set(password).size < 5 || COMMON.includes(password.toLowerCase())) throw new Refused(422, 'this password is too short or easily guessed')
  return password
}
const parameter = (request, name, longest, fallback) => text(request.query[name], name, longest, fallback)
const limited = (key, most) => {
  const wait = pause(key, most)
  if (wait) throw new Refused(429, 'too many attempts', { 'Retry-After': String(wait) })
}

// The application ---------------------------------------------------------------------------------------------------------------------------

const unreadable = (error, request, reply) => reply.code(400).headers(configuration.headers).send({ error: 'the request is not valid' })
const app = fastify({ bodyLimit: configuration.limit, frameworkErrors: unreadable, routerOptions: { caseSensitive: !weak('admin-spelling'), maxParamLength: 300 } })
app.removeContentTypeParser('text/plain')

app.addHook('onRequest', async (request, reply) => {
  reply.headers(configuration.headers)
  if (request.url !== '/version' && !admits(request.socket.remoteAddress)) throw new Refused(429, 'too many requests', { 'Retry-After': '1' })
  if (request.url.startsWith('/admin')) administrator(request)
})

app.get('/version', async () => ({ service: 'boxoffice', instance: configuration.instance }))
app.get('/.well-known/jwks.json', async () => ({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: KID, alg: 'RS256', use: 'sig' }] }))

app.post('/auth/login', async (request) => {
  const body = bodyOf(request)
  const [name, password] = [text(body.username, 'username', 60), text(body.password, 'password', 128)]
  limited(`name ${name}`, 5)
  limited(`address ${request.socket.remoteAddress}`, 30)
  const user = users.get(name)
  if (!fits(password, user && user.hash)) {
    note(`name ${name}`)
    note(`address ${request.socket.remoteAddress}`)
    throw new Refused(401, 'name or password is wrong', { 'WWW-Authenticate': 'Bearer' })
  }
  forget(`name ${name}`)
  return { accessToken: issue(user), expiresIn: LIFETIME }
})
app.post('/auth/logout', async (request, reply) => {
  caller(request)
  revoked.add(request.jti)
  return reply.code(204).send()
})
app.post('/auth/register', async (request, reply) => {
  const body = bodyOf(request)
  const [username, email, password] = [text(body.username, 'username', 40), text(body.email, 'email', 80), secret(body.password)]
  if (!/^[a-z][a-z0-9._-]{2,39}$/.test(username) || !/^[^@\s]{1,40}@[^@\s]{3,40}$/.test(email)) throw new Refused(422, 'username or email is not valid')
  room(users)
  if (users.has(username)) throw new Refused(409, 'this name is taken')
  return reply.code(201).send(account(addUser(username, email, password)))
})
app.post('/auth/forgot', async (request, reply) => {
  const email = text(bodyOf(request).email, 'email', 80)
  limited(`forgot ${email}`, 10)
  note(`forgot ${email}`)
  const user = [...users.values()].find((entry) => entry.email === email)
  const token = crypto.randomBytes(16).toString('hex')
  if (user) resets.set(user.username, { token, until: Date.now() + 900_000 })
  const answer = { message: 'If we know this address, a letter is on its way.' }
  return reply.code(202).send(weak('forgot-reply') ? { ...answer, mail: { to: email, template: 'reset', token } } : answer)
})
app.post('/auth/reset', async (request, reply) => {
  const body = bodyOf(request)
  const token = text(body.token, 'token', 80)
  limited(`reset ${request.socket.remoteAddress}`, 20)
  const [name] = [...resets].find(([, entry]) => entry.token === token && entry.until > Date.now()) || []
  if (!name) {
    note(`reset ${request.socket.remoteAddress}`)
    throw new Refused(400, 'this token is not valid')
  }
  const user = users.get(name)
  user.hash = hashed(secret(body.password))
  user.version += 1
  resets.delete(name)
  return reply.code(204).send()
})

app.get('/me', async (request) => account(caller(request)))
app.patch('/me', async (request) => {
  const user = caller(request)
  const body = bodyOf(request)
  const changes = {}
  for (const name of ['displayName', 'city']) if (body[name] !== undefined) changes[name] = text(body[name], name, 60)
  if (body.newsletter !== undefined) {
    if (typeof body.newsletter !== 'boolean') throw new Refused(422, 'newsletter is not valid')
    changes.newsletter = body.newsletter
  }
  if (weak('profile-merge')) for (const name of ['role', 'creditCents']) if (typeof body[name] === typeof user[name]) changes[name] = body[name]
  return account(Object.assign(user, changes))
})
app.put('/me/password', async (request, reply) => {
  const user = caller(request)
  const body = bodyOf(request)
  limited(`change ${user.username}`, 5)
  if (!fits(text(body.current, 'current', 128), user.hash)) {
    note(`change ${user.username}`)
    throw new Refused(403, 'the current password is wrong')
  }
  user.hash = hashed(secret(body.new))
  user.version += 1
  return reply.code(204).send()
})

app.get('/events', async (request) => {
  const columns = 'SELECT id, name, city, date, cents FROM events WHERE published = 1'
  const city = parameter(request, 'city', 60, '')
  const most = parameter(request, 'maxCents', 200, '1000000')
  if (!weak('events-filter') && !/^\d{1,7}$/.test(most)) throw new Refused(422, 'maxCents is not valid')
  const found = weak('events-filter') ? rows(`${columns} AND cents <= ${most}`) : rows(`${columns} AND cents <= ?`, [Number(most)])
  return { events: found.filter((entry) => !city || entry.city === city) }
})
app.get('/events/:id', async (request) => event(request.params.id))

app.get('/orders', async (request) => {
  const user = caller(request)
  return { orders: [...orders.values()].filter((order) => order.owner === user.username).slice(-100) }
})
app.post('/orders', async (request, reply) => {
  const user = caller(request)
  const body = bodyOf(request)
  const show = event(whole(body.eventId, 'eventId', 1, 999999999))
  const quantity = whole(body.quantity, 'quantity', 1, 8)
  const unit = weak('order-price') && body.unitCents !== undefined ? whole(body.unitCents, 'unitCents', 0, 1000000) : show.cents
  room(orders)
  room(tickets)
  if (quantity * unit > user.creditCents) throw new Refused(409, 'the credit is too small')
  user.creditCents -= quantity * unit
  return reply.code(201).send(addOrder(user, show, quantity, unit))
})
const orderOf = (request, open = false) => {
  const user = caller(request)
  const order = /^\d{1,9}$/.test(request.params.id) ? orders.get(Number(request.params.id)) : undefined
  if (!order || (order.owner !== user.username && !open)) throw new Refused(404, 'there is no such order')
  return order
}
app.get('/orders/:id', async (request) => orderOf(request, weak('order-read')))
app.post('/orders/:id/cancel', async (request) => {
  const order = orderOf(request)
  const own = [...tickets.values()].filter((ticket) => ticket.orderId === order.id)
  const user = users.get(order.owner)
  if (order.state === 'cancelled' && !weak('refund-twice')) throw new Refused(409, 'this order is cancelled')
  if (own.some((ticket) => ticket.holder !== user.username)) throw new Refused(409, 'a ticket of this order was passed on')
  for (const ticket of own) tickets.delete(ticket.id)
  order.state = 'cancelled'
  user.creditCents += order.totalCents
  return order
})

app.get('/tickets', async (request) => {
  const user = caller(request)
  return { tickets: [...tickets.values()].filter((ticket) => ticket.holder === user.username).slice(-100) }
})
app.post('/tickets/:id/transfer', async (request) => {
  const user = caller(request)
  const ticket = /^\d{1,9}$/.test(request.params.id) ? tickets.get(Number(request.params.id)) : undefined
  if (!ticket || (ticket.holder !== user.username && !weak('ticket-transfer'))) throw new Refused(404, 'there is no such ticket')
  const to = users.get(text(bodyOf(request).to, 'to', 60))
  if (!to) throw new Refused(422, 'to is not valid')
  ticket.holder = to.username
  ticket.code = crypto.randomBytes(9).toString('hex') // the old code no longer opens the door
  return { id: ticket.id, event: ticket.event, holder: ticket.holder }
})
app.get('/tickets/verify', async (request, reply) => {
  const code = parameter(request, 'code', 200)
  const found = [...tickets.values()].some((ticket) => ticket.code === code)
  const shown = `<h1>Ticket</h1><p>${found ? 'This ticket is valid.' : 'This ticket is not known.'}</p>`
  const head = '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Ticket</title></head><body>'
  reply.type('text/html; charset=utf-8')
  if (!weak('verify-script')) return `${head}${shown}<p>Code: <code>${escaped(code)}</code></p></body></html>`
  reply.header('Content-Security-Policy', "default-src 'self'; script-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'")
  const plain = code.replace(/[<>]/g, (sign) => `&#${sign.charCodeAt(0)};`)
  return `${head}${shown}<p id="code"></p><script>var code = "${plain}"; document.getElementById("code").textContent = "Code: " + code;</script></body></html>`
})

app.get('/gift-cards', async (request) => {
  const user = caller(request)
  return { cards: [...cards.values()].filter((card) => card.owner === user.username).slice(-100).map(({ code, cents, used }) => ({ code, cents, used })) }
})
app.post('/gift-cards', async (request, reply) => {
  const user = caller(request)
  const cents = whole(bodyOf(request).cents, 'cents', 500, 20000)
  room(cards)
  if (cents > user.creditCents) throw new Refused(409, 'the credit is too small')
  user.creditCents -= cents
  const card = { code: `GC-${crypto.randomBytes(8).toString('hex')}`, cents, owner: user.username, used: false }
  cards.set(card.code, card)
  return reply.code(201).send({ code: card.code, cents, used: false })
})
// The ledger stands for a database on another machine, which takes a moment.
const ledger = () => new Promise((resolve) => setTimeout(resolve, 40))
app.post('/gift-cards/redeem', async (request) => {
  const user = caller(request)
  const code = text(bodyOf(request).code, 'code', 60)
  limited(`redeem ${user.username}`, 20)
  const card = cards.get(code)
  if (!card) {
    note(`redeem ${user.username}`)
    throw new Refused(404, 'there is no such card')
  }
  if (card.used) throw new Refused(409, 'this card is used')
  if (!weak('gift-race')) card.used = true
  await ledger()
  card.used = true
  user.creditCents += card.cents
  return { redeemedCents: card.cents, creditCents: user.creditCents }
})

app.get('/posters/*', async (request, reply) => {
  let name = request.params['*']
  if (!weak('poster-encoded') && !/^[a-z-]{1,60}\.txt$/.test(name)) throw new Refused(404, 'there is no such poster')
  if (name.includes('..') || name.includes('\0')) throw new Refused(404, 'there is no such poster')
  let content
  try {
    // For whoever asks, the folder of the service is the root of all files.
    name = decodeURIComponent(name).replaceAll('\0', '')
    content = fs.readFileSync(path.join(configuration.folder, path.posix.normalize(`${POSTERS}/${name}`)))
  } catch {
    throw new Refused(404, 'there is no such poster')
  }
  return reply.type('text/plain; charset=utf-8').send(content)
})

const guarded = (request) => weak('admin-spelling') || administrator(request)
app.get('/admin/sales', async (request) => {
  guarded(request)
  const all = [...orders.values()]
  return { orders: all.length, totalCents: all.reduce((sum, order) => sum + order.totalCents, 0), latest: all.slice(-20).map(({ id, owner, event: name, totalCents, invoiceTo }) => ({ id, owner, event: name, totalCents, invoiceTo })) }
})
app.put('/admin/events/:id', async (request) => {
  guarded(request)
  const { id } = event(request.params.id)
  database.run('UPDATE events SET cents = ? WHERE id = ?', [whole(bodyOf(request).cents, 'cents', 100, 50000), id])
  return event(id)
})

app.setNotFoundHandler(async () => {
  throw new Refused(404, 'there is no such page')
})
app.setErrorHandler((error, request, reply) => {
  if (error instanceof Refused) return reply.code(error.status).headers(error.headers).send({ error: error.text })
  const status = error.statusCode >= 400 && error.statusCode < 500 ? error.statusCode : 500
  const texts = { 413: 'the body is too large', 415: 'expected application/json', 500: 'internal error' }
  return reply.code(status).send({ error: texts[status] || 'the request is not valid' })
})

begin()
  .then(() => app.listen({ port: 0, host: '127.0.0.1' }))
  .then(() => console.log(JSON.stringify({ port: app.server.address().port, instance: configuration.instance })))
