'use strict'
// Harvests of an orchard, as slow as the scales that it asks.
const crypto = require('node:crypto')
const fastify = require('fastify')
const { configuration, weak, Refused, hashed, fits, pause, note, forget, admits, text } = require('../kit.js')

const DELAY = 250
const people = new Map()
const tokens = new Map()
const harvests = new Map()
const PRICES = { apples: 1.2, pears: 1.6, plums: 2.1, quinces: 2.8 }
const escaped = (value) => value.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)

function kept(owner, fruit, kilos, remark = '') {
  if (harvests.size > 3000) throw new Refused(503, 'the barns are full', { 'Retry-After': '60' })
  const price = PRICES[fruit]
  const harvest = { id: crypto.randomUUID(), owner, fruit, kilos, remark, grade: 'unseen', value: Number((price * kilos).toFixed(2)), barn: crypto.randomBytes(3).toString('hex') }
  harvests.set(harvest.id, harvest)
  return harvest
}

for (const [name, entry] of Object.entries(configuration.accounts)) {
  people.set(name, { username: name, email: entry.email, role: entry.role, hash: hashed(entry.password) })
  kept(name, 'apples', 120)
  kept(name, 'plums', 35, 'windfalls <5 kg & bruised')
}
if (weak('admin-default')) people.set('admin', { username: 'admin', email: 'admin@orchard.example', role: 'admin', hash: hashed('admin') })

const app = fastify({ bodyLimit: configuration.limit, exposeHeadRoutes: true, logger: false, routerOptions: { maxParamLength: 300 } })
app.removeContentTypeParser('text/plain')
app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) => {
  const fields = new URLSearchParams(body)
  done(null, Object.assign(Object.create(null), Object.fromEntries(fields)))
})

app.addHook('onRequest', async (request, reply) => {
  reply.headers(configuration.headers)
  if (!admits(request.ip)) throw new Refused(429, 'too many requests', { 'Retry-After': '1' })
  await new Promise((resolve) => setTimeout(resolve, DELAY))
})

function member(request) {
  const [scheme, token = ''] = (request.headers.authorization || '').split(' ')
  const entry = scheme.toLowerCase() === 'bearer' && tokens.get(token)
  if (!entry || entry.until < Date.now() || (entry.revoked && !weak('revoke-kept'))) throw new Refused(401, 'sign in first', { 'WWW-Authenticate': 'Bearer' })
  return { ...people.get(entry.name), entry }
}

function own(request, weakness = '') {
  const person = member(request)
  const harvest = harvests.get(request.params.id)
  if (!harvest || (harvest.owner !== person.username && person.role !== 'admin' && !(weakness && weak(weakness)))) throw new Refused(404, 'no such harvest')
  return harvest
}

const shown = ({ owner, ...harvest }) => harvest
const object = (body) => {
  if (!body || typeof body !== 'object' || Array.isArray(body)) throw new Refused(422, 'the body is an object')
  return body
}

function fruitIn(body) {
  const fruit = text(body.fruit, 'fruit', 40)
  if (weak('fruit-inherited') ? !(fruit in PRICES) : !Object.hasOwn(PRICES, fruit)) throw new Refused(422, 'fruit is not valid')
  if (typeof PRICES[fruit] !== 'number') throw new TypeError(`the price of ${fruit} is no number`)
  return fruit
}

function kilosIn(body) {
  if (typeof body.kilos !== 'number' || !(body.kilos > 0 && body.kilos <= 10000)) throw new Refused(422, 'kilos is not valid')
  return body.kilos
}

app.get('/version', async () => ({ name: 'orchard', instance: configuration.instance }))

app.post('/oauth/token', async (request) => {
  const body = object(request.body)
  const name = text(body.username, 'username', 60)
  const password = text(body.password, 'password', 200)
  if (body.grant_type !== 'password') throw new Refused(400, 'grant_type is password')
  const keys = [[`name ${name}`, 5], [`address ${request.ip}`, 30]]
  const wait = Math.max(...keys.map(([key, most]) => pause(key, most)))
  if (wait) throw new Refused(429, 'too many attempts', { 'Retry-After': String(wait) })
  if (!fits(password, people.get(name)?.hash)) {
    for (const [key] of keys) note(key)
    throw new Refused(401, 'name or password is wrong', { 'WWW-Authenticate': 'Bearer' })
  }
  forget(keys[0][0])
  const token = crypto.randomBytes(24).toString('base64url')
  if (tokens.size > 3000) tokens.delete(tokens.keys().next().value)
  tokens.set(token, { name, until: Date.now() + 1800000, revoked: false })
  return { access_token: token, token_type: 'Bearer', expires_in: 1800 }
})

app.post('/oauth/revoke', async (request, reply) => {
  member(request).entry.revoked = true
  return reply.code(204).send()
})

app.get('/me', async (request) => {
  const { username, email, role } = member(request)
  return { username, email, role }
})

app.get('/prices', async (request, reply) => {
  const { callback } = request.query
  if (callback === undefined) return PRICES
  if (typeof callback !== 'string' || !(weak('price-callback') ? callback.length < 200 : /^[A-Za-z_]\w{0,40}$/.test(callback))) throw new Refused(422, 'callback is not valid')
  if (weak('price-callback')) reply.header('Content-Security-Policy', "default-src 'self' 'unsafe-inline'; frame-ancestors 'none'")
  return reply.type(weak('price-callback') ? 'text/html; charset=utf-8' : 'text/javascript; charset=utf-8').send(`${callback}(${JSON.stringify(PRICES)})`)
})

app.get('/harvests', async (request) => {
  const person = member(request)
  const mine = [...harvests.values()].filter((harvest) => harvest.owner === person.username).slice(-50)
  const { sort = 'kilos' } = request.query
  if (typeof sort !== 'string' || sort.length > 200 || (!weak('sort-code') && !['kilos', 'value'].includes(sort))) throw new Refused(422, 'sort is not valid')
  let measure
  try {
    measure = weak('sort-code') ? new Function('harvest', `return harvest.${sort}`) : (harvest) => harvest[sort]
    mine.sort((one, other) => measure(one) - measure(other))
  } catch {
    throw new Refused(422, 'sort is not valid')
  }
  return { harvests: mine.map(shown) }
})

app.post('/harvests', async (request, reply) => {
  const person = member(request)
  const body = object(request.body)
  const harvest = kept(person.username, fruitIn(body), kilosIn(body), text(body.remark, 'remark', 200, ''))
  const host = (weak('host-forwarded') && request.headers['x-forwarded-host']) || 'orchard.example'
  return reply.code(201).header('Location', `/harvests/${harvest.id}`).send({ ...shown(harvest), link: `https://${host}/harvests/${harvest.id}` })
})

app.get('/harvests/:id', async (request) => shown(own(request, 'harvest-read')))

app.put('/harvests/:id', async (request) => {
  const harvest = own(request)
  const body = object(request.body)
  Object.assign(harvest, { fruit: fruitIn(body), kilos: kilosIn(body), remark: text(body.remark, 'remark', 200, '') })
  if (weak('grade-set') && typeof body.grade === 'string') harvest.grade = body.grade.slice(0, 20)
  return shown(harvest)
})

app.delete('/harvests/:id', async (request, reply) => {
  harvests.delete(own(request).id)
  return reply.code(204).send()
})

app.get('/harvests/:id/label', async (request, reply) => {
  const harvest = own(request)
  const remark = weak('label-script') ? harvest.remark : escaped(harvest.remark)
  if (weak('label-script')) reply.header('Content-Security-Policy', "default-src 'self' 'unsafe-inline'; frame-ancestors 'none'")
  return reply.type('text/html; charset=utf-8').send(`<!doctype html><html lang=en><head><title>Label</title></head><body><h1>${harvest.kilos} kg of ${harvest.fruit}</h1><p>${remark}</p></body></html>`)
})

app.get('/office/harvests', async (request) => {
  if (member(request).role !== 'admin' && !weak('office-open')) throw new Refused(403, 'this is for the office')
  return { harvests: [...harvests.values()].slice(0, 50).map(({ id, owner, fruit, value }) => ({ id, owner, fruit, value })) }
})

const METHODS = { '/version': 'GET', '/oauth/token': 'POST', '/oauth/revoke': 'POST', '/me': 'GET', '/prices': 'GET', '/harvests': 'GET, POST', '/office/harvests': 'GET' }
app.setNotFoundHandler(async (request, reply) => {
  const allowed = METHODS[request.url.split('?')[0]]
  return allowed ? reply.code(405).header('Allow', allowed).send({ error: 'this is not done here' }) : reply.code(404).send({ error: 'not found' })
})

app.setErrorHandler(async (error, request, reply) => {
  if (error instanceof Refused) return reply.code(error.status).headers(error.headers).send({ error: error.text })
  if (error.statusCode >= 400 && error.statusCode < 500) return reply.code(error.statusCode).send({ error: 'not understood' })
  return reply.code(500).send(weak('fruit-inherited') ? { error: error.message } : { error: 'something went wrong' })
})

app.listen({ port: 0, host: '127.0.0.1' }, () => console.log(JSON.stringify({ port: app.server.address().port, instance: configuration.instance })))
