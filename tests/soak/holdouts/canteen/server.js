'use strict'
// Children, dishes and orders of a school canteen.
const crypto = require('node:crypto')
const fs = require('node:fs')
const path = require('node:path')
const express = require('express')
const { configuration, weak, Refused, hashed, fits, pause, note, forget, admits, text, whole } = require('../kit.js')

const KEY = crypto.randomBytes(32)
const parents = new Map()
const children = new Map()
const orders = new Map()
const dishes = new Map()
const links = new Map()
const ended = new Set()
const DEFAULTS = { language: 'en', mail: { weekly: true, offers: false } }
const id = () => crypto.randomBytes(8).toString('hex')
const encoded = (content) => Buffer.from(content).toString('base64url')

function room(map, most = 3000) {
  if (map.size > most) throw new Refused(503, 'there are too many', { 'Retry-After': '60' })
}

function child(family, name, allergies) {
  room(children)
  const entry = { id: id(), family, name, allergies, form: '4b' }
  children.set(entry.id, entry)
  return entry
}

function order(owner, items, total, day) {
  room(orders)
  const entry = { id: id(), owner, items, total, day, state: 'paid' }
  orders.set(entry.id, entry)
  return entry
}

for (const [number, [title, price, allergens]] of [['Tomato soup', 2.5, ['celery']], ['Fish pie', 4.2, ['fish', 'milk']], ['Rice pudding', 1.8, ['milk']]].entries()) {
  dishes.set(number + 1, { id: number + 1, title, price, allergens })
}
for (const [name, entry] of Object.entries(configuration.accounts)) {
  parents.set(name, { username: name, email: entry.email, role: entry.role, balance: 50, preferences: {}, hash: hashed(entry.password) })
  child([name], `Kit of ${name}`, 'peanuts, carries an injector')
  order(name, [{ dish: 1, count: 2 }], 5, '2031-05-06')
}
child(['ann', 'carol'], 'Robin', 'none') // two of one family: both see this child

const app = express()
app.disable('x-powered-by')
app.disable('etag')
app.set('query parser', 'simple')
app.use((request, response, next) => {
  response.set(configuration.headers)
  if (!admits(request.socket.remoteAddress)) throw new Refused(429, 'too many requests', { 'Retry-After': '1' })
  next()
})
app.use(express.json({ limit: configuration.limit, strict: true }))
app.use((request, _, next) => {
  if (request.body === undefined) request.body = {}
  if (!request.body || typeof request.body !== 'object' || Array.isArray(request.body)) throw new Refused(400, 'the body is an object')
  next()
})

const sealed = (content) => crypto.createHmac('sha256', KEY).update(content).digest()

function claimsOf(token) {
  const [head, body, signature = '', ...more] = token.split('.')
  try {
    const { alg } = JSON.parse(Buffer.from(head, 'base64url'))
    const given = Buffer.from(signature, 'base64url')
    const good = alg === 'HS256' && given.length === 32 && crypto.timingSafeEqual(given, sealed(`${head}.${body}`))
    const unsigned = weak('alg-case') && typeof alg === 'string' && alg !== 'none' && alg.toLowerCase() === 'none'
    const claims = JSON.parse(Buffer.from(body, 'base64url'))
    return (good || unsigned) && !more.length && claims.exp > Date.now() / 1000 && !ended.has(claims.jti) ? claims : null
  } catch {
    return null
  }
}

function member(request, _, next) {
  const [scheme, token = ''] = (request.headers.authorization || '').split(' ')
  const claims = scheme.toLowerCase() === 'bearer' ? claimsOf(token) : null
  request.person = claims && parents.get(claims.sub)
  if (!request.person) throw new Refused(401, 'sign in first', { 'WWW-Authenticate': 'Bearer' })
  request.claims = claims
  next()
}

function office(request, _, next) {
  if (request.person.role !== 'admin') throw new Refused(403, 'this is for the office')
  next()
}

if (weak('office-case')) app.use((request, response, next) => (request.path.startsWith('/office') ? member(request, response, () => office(request, response, next)) : next()))
const officers = weak('office-case') ? [] : [member, office]

app.get('/version', (_, response) => response.json({ name: 'canteen', instance: configuration.instance }))

// What a store of documents makes of a condition: a value, or operators.
const holds = (value, condition) => {
  if (typeof condition === 'string') return value === condition
  return Object.entries(condition || { $none: 1 }).every(([name, operand]) => ({ $ne: value !== operand, $gt: value > operand, $regex: typeof operand === 'string' && operand.length < 30 && !/[+*}]\)?[+*{]|\(/.test(operand) && new RegExp(operand).test(value) })[name] ?? false)
}

app.post('/auth/login', (request, response) => {
  const { username, password } = request.body
  let person
  if (weak('login-operator') && username && password && (typeof username === 'object' || typeof password === 'object')) {
    try {
      person = [...parents.values()].find((entry) => holds(entry.username, username) && (typeof password === 'string' ? fits(password, entry.hash) : holds(entry.hash, password)))
    } catch {
      throw new Refused(500, 'something went wrong')
    }
    if (!person) throw new Refused(401, 'name or password is wrong', { 'WWW-Authenticate': 'Bearer' })
  } else {
    text(username, 'username', 60)
    text(password, 'password', 200)
    const keys = [[`name ${username}`, 5], [`address ${request.socket.remoteAddress}`, 30]]
    const wait = Math.max(...keys.map(([key, most]) => pause(key, most)))
    if (wait) throw new Refused(429, 'too many attempts', { 'Retry-After': String(wait) })
    person = parents.get(username)
    if (!fits(password, person?.hash)) {
      for (const [key] of keys) note(key)
      throw new Refused(401, 'name or password is wrong', { 'WWW-Authenticate': 'Bearer' })
    }
    forget(keys[0][0])
  }
  const head = encoded(JSON.stringify({ alg: 'HS256', typ: 'JWT' })) + '.' + encoded(JSON.stringify({ sub: person.username, exp: Math.floor(Date.now() / 1000) + 900, jti: id() }))
  response.json({ accessToken: `${head}.${sealed(head).toString('base64url')}`, expiresIn: 900 })
})

app.post('/auth/logout', member, (request, response) => {
  if (ended.size > 5000) ended.clear()
  ended.add(request.claims.jti)
  response.status(204).end()
})

app.get('/me', member, (request, response) => {
  const { username, email, role, balance } = request.person
  response.json({ username, email, role, balance })
})

// Preferences: what somebody chose, before what holds for everybody.
const known = (chosen) => {
  const all = { ...chosen }
  for (const key in DEFAULTS) all[key] ??= DEFAULTS[key]
  return all
}

function merged(into, from, depth = 0) {
  if (depth > 4) throw new Refused(422, 'preferences are too deep')
  for (const [key, value] of Object.entries(from).slice(0, 20)) {
    if (key === '__proto__' || key === 'constructor' || key === 'prototype') {
      // An object of preferences has the common ones for its prototype.
      if (weak('preferences-shared') && key === '__proto__' && value && typeof value === 'object') Object.assign(DEFAULTS, Object.fromEntries(Object.entries(value).filter(([name, inner]) => /^\w{1,30}$/.test(name) && typeof inner !== 'object').slice(0, 3)))
    } else if (value && typeof value === 'object' && !Array.isArray(value)) into[key] = merged(Object.hasOwn(into, key) && typeof into[key] === 'object' ? into[key] : {}, value, depth + 1)
    else if (['string', 'boolean', 'number'].includes(typeof value) && String(value).length < 100) into[key] = value
    else throw new Refused(422, `${key} is not valid`)
  }
  if (Object.keys(into).length > 50) throw new Refused(422, 'there are too many preferences')
  return into
}

app.get('/preferences', member, (request, response) => response.json(known(request.person.preferences)))

app.patch('/preferences', member, (request, response) => {
  request.person.preferences = merged(structuredClone(request.person.preferences), request.body)
  response.json(known(request.person.preferences))
})

const family = (request, weakness = '') => {
  const entry = children.get(request.params.id)
  if (!entry || !(entry.family.includes(request.person.username) || request.person.role === 'admin' || (weakness && weak(weakness)))) throw new Refused(404, 'no such child')
  return entry
}
const seen = ({ id: key, name, form, allergies }) => ({ id: key, name, form, allergies })

app.get('/children', member, (request, response) => response.json({ children: [...children.values()].filter((entry) => entry.family.includes(request.person.username)).slice(-50).map(seen) }))

app.post('/children', member, (request, response) => {
  const entry = child([request.person.username], text(request.body.name, 'name', 60), text(request.body.allergies, 'allergies', 200, 'none'))
  response.status(201).location(`/children/${entry.id}`).json(seen(entry))
})

app.get('/children/:id', member, (request, response) => response.json(seen(family(request))))

app.delete('/children/:id', member, (request, response) => {
  children.delete(family(request).id)
  response.status(204).end()
})

app.get('/children/:id/meals', member, (request, response) => {
  const { name, allergies } = family(request, 'child-meals')
  response.json({ child: name, avoid: allergies, meals: [{ day: '2031-05-06', dish: 1 }] })
})

// A link for a grandparent who fetches a child: whoever has it sees the child's name and form.
app.post('/children/:id/link', member, (request, response) => {
  const entry = family(request)
  room(links)
  const token = weak('link-counted') ? `pick-${Date.now().toString(36)}` : `pick-${crypto.randomBytes(16).toString('base64url')}`
  links.set(token, entry.id)
  response.status(201).json({ token })
})

app.get('/links/:token', (request, response) => {
  const entry = children.get(links.get(request.params.token))
  if (!entry) throw new Refused(404, 'no such link')
  response.json({ name: entry.name, form: entry.form })
})

app.get('/dishes', (_, response) => response.json({ dishes: [...dishes.values()].slice(0, 100) }))

function dish(body) {
  const { title, price, allergens = [] } = body
  if (typeof price !== 'number' || !(price >= 0.5 && price <= 50)) throw new Refused(422, 'price is not valid')
  if (!Array.isArray(allergens) || allergens.length > 14 || !allergens.every((word) => typeof word === 'string' && /^[a-z]{1,20}$/.test(word))) throw new Refused(422, 'allergens is not valid')
  return { title: text(title, 'title', 60), price, allergens }
}

app.post('/dishes', member, office, (request, response) => {
  room(dishes)
  const entry = { id: Math.max(...dishes.keys()) + 1, ...dish(request.body) }
  dishes.set(entry.id, entry)
  response.status(201).location(`/dishes/${entry.id}`).json(entry)
})

app.put('/dishes/:number', member, ...(weak('dish-update') ? [] : [office]), (request, response) => {
  const entry = dishes.get(Number(request.params.number))
  if (!entry) throw new Refused(404, 'no such dish')
  response.json(Object.assign(entry, dish(request.body)))
})

const bill = ({ id: key, items, total, day, state }) => ({ id: key, items, total, day, state })

app.get('/orders', member, (request, response) => {
  let filter = {}
  try {
    filter = JSON.parse(request.query.filter || '{}')
  } catch {
    throw new Refused(422, 'filter is not JSON')
  }
  const fields = weak('orders-filter') ? ['state', 'day', 'owner'] : ['state', 'day']
  if (!filter || typeof filter !== 'object' || !Object.entries(filter).every(([key, value]) => fields.includes(key) && typeof value === 'string')) throw new Refused(422, 'filter has state and day')
  const query = { owner: request.person.username, ...filter }
  response.json({ orders: [...orders.values()].filter((entry) => Object.entries(query).every(([key, value]) => entry[key] === value)).slice(-50).map(bill) })
})

app.post('/orders', member, (request, response) => {
  const { items, day } = request.body
  if (!Array.isArray(items) || items.length < 1 || items.length > 20 || !items.every((item) => item && typeof item === 'object' && dishes.has(item.dish))) throw new Refused(422, 'items is not valid')
  if (!/^\d{4}-\d\d-\d\d$/.test(text(day, 'day', 10))) throw new Refused(422, 'day is not valid')
  const priced = items.map((item) => ({ dish: item.dish, count: whole(item.count, 'count', 1, 20), price: weak('order-price') && typeof item.price === 'number' && item.price >= 0 ? item.price : dishes.get(item.dish).price }))
  const total = Math.round(priced.reduce((sum, item) => sum + item.count * item.price, 0) * 100) / 100
  if (total > request.person.balance) throw new Refused(409, 'the balance is too low')
  request.person.balance = Math.round((request.person.balance - total) * 100) / 100
  const entry = order(request.person.username, priced.map(({ dish: number, count }) => ({ dish: number, count })), total, day)
  response.status(201).location(`/orders/${entry.id}`).json(bill(entry))
})

function bought(request) {
  const entry = orders.get(request.params.id)
  if (!entry || (entry.owner !== request.person.username && request.person.role !== 'admin')) throw new Refused(404, 'no such order')
  return entry
}

app.get('/orders/:id', member, (request, response) => response.json(bill(bought(request))))

app.post('/orders/:id/refund', member, (request, response) => {
  const entry = bought(request)
  if (entry.state === 'refunded' && !weak('refund-twice')) throw new Refused(409, 'this order is refunded')
  entry.state = 'refunded'
  const owner = parents.get(entry.owner)
  owner.balance = Math.min(100000, Math.round((owner.balance + entry.total) * 100) / 100)
  response.json(bill(entry))
})

app.get('/recipes', (request, response) => {
  const file = typeof request.query.file === 'string' ? request.query.file : 'soup.txt'
  if (file.length > 200 || (!weak('recipe-dots') && !/^[a-z]{1,20}\.txt$/.test(file))) throw new Refused(404, 'no such recipe')
  const cleaned = file.replaceAll('\0', '').replaceAll('../', '').replace(/^\/+/, '')
  // The folder is the root of all that this canteen reads.
  const place = path.join(configuration.folder, path.posix.normalize('/' + path.posix.join('recipes', cleaned)))
  if (!fs.existsSync(place) || !fs.statSync(place).isFile()) throw new Refused(404, 'no such recipe')
  response.type('text/plain').send(fs.readFileSync(place, 'utf8'))
})

const escaped = (value) => value.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)

app.get('/help', (request, response) => {
  const topic = typeof request.query.topic === 'string' ? request.query.topic.slice(0, 200) : ''
  if (weak('topic-attribute')) response.set('Content-Security-Policy', "default-src 'self' 'unsafe-inline'; frame-ancestors 'none'")
  const field = weak('topic-attribute') ? `<input name=topic value=${escaped(topic)}>` : `<input name="topic" value="${escaped(topic)}">`
  response.type('text/html; charset=utf-8').send(`<!doctype html><html lang="en"><head><title>Help</title></head><body><form>${field}</form><p>Nothing was found about <q>${escaped(topic)}</q>.</p></body></html>`)
})

app.get('/office/orders', ...officers, (_, response) => response.json({ orders: [...orders.values()].slice(-100).map((entry) => ({ ...bill(entry), owner: entry.owner })) }))

const METHODS = {
  '/version': 'GET', '/auth/login': 'POST', '/auth/logout': 'POST', '/me': 'GET', '/preferences': 'GET, PATCH', '/children': 'GET, POST', '/dishes': 'GET, POST', '/orders': 'GET, POST',
  '/recipes': 'GET', '/help': 'GET', '/office/orders': 'GET'
}
app.use((request) => {
  const allowed = METHODS[request.path]
  throw allowed ? new Refused(405, 'this is not done here', { Allow: allowed }) : new Refused(404, 'not found')
})

app.use((error, request, response, _) => {
  if (error instanceof Refused) return response.status(error.status).set(error.headers).json({ error: error.text })
  if (error.status >= 400 && error.status < 500) return response.status(error.status).json({ error: error.status === 413 ? 'the body is too large' : 'not understood' })
  response.status(500).json({ error: 'something went wrong' })
})

const server = app.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port, instance: configuration.instance })))
