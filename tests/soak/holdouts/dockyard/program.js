'use strict'
// Work on ships: orders, timesheets, crews and reports of several yards. Fastify; the store is slow, and has room for few at a time.
const crypto = require('node:crypto')
const fastify = require('fastify')
const { configuration, weak, Refused, hashed, fits, pause, note, forget, admits, text, whole } = require('../kit.js')

const LIFETIME = 3600
const MOST = 2000
const AT_ONCE = 6
const WAITING = 50
const RATE = 2400 // cents an hour
const keys = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 })
const STORE = { DATABASE_URL: `mysql://yard:${crypto.randomBytes(9).toString('hex')}@db.dockyard.example/yards`, QUEUE_PASSWORD: crypto.randomBytes(9).toString('hex'), NODE_ENV: 'production' }

const PLACES = { ann: ['north', 'worker', 'welder'], ben: ['south', 'worker', 'rigger'], carol: ['north', 'foreman', 'shipwright'], olga: ['office', 'admin', 'superintendent'] }
const YARDS = ['north', 'south', 'office']
const gateCodes = new Map(YARDS.map((yard) => [yard, String(crypto.randomInt(1e6)).padStart(6, '0')]))

const people = new Map()
const orders = new Map()
const sheets = new Map()
const audit = []
const ended = new Set()
let serial = 3001

const DEFAULTS = { theme: 'light', units: 'metric' }

const addOrder = (person, vessel, task, hours, state = 'open') => {
  const order = { id: serial++, yard: person.yard, createdBy: person.username, vessel, task, hours, state }
  orders.set(order.id, order)
  return order
}

const addSheet = (person, order, hours, day) => {
  const sheet = { id: serial++, yard: person.yard, worker: person.username, workOrder: order.id, hours, day, signed: false }
  sheets.set(sheet.id, sheet)
  return sheet
}

const begin = () => {
  for (const [name, account] of Object.entries(configuration.accounts)) {
    const [yard, role, trade] = PLACES[name]
    const person = {
      username: name, email: account.email, yard, role, trade, hash: hashed(account.password), era: 0, earnedCents: 100000,
      iban: `GB29YARD6016${crypto.randomInt(1e9, 1e10)}`, preferences: Object.create(DEFAULTS)
    }
    people.set(name, person)
    const vessel = { north: 'MV Kittiwake', south: 'MV Oystercatcher', office: 'Tender 4' }[yard]
    const order = addOrder(person, vessel, `Renew the ${trade === 'welder' ? 'plates' : 'rigging'} of the ${yard} hull`, 30, 'approved')
    addOrder(person, vessel, 'Paint the bulwarks', 12)
    addSheet(person, order, 8, '2031-03-04')
  }
}

// The store --------------------------------------------------------------------------------------------------------------------------------

const after = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))
const queue = []
let inside = 0
let served = 0

// One of the places at the store, for as long as a request takes.
const enter = async () => {
  if (inside >= AT_ONCE) {
    if (queue.length >= WAITING) throw new Refused(503, 'the store is busy', { 'Retry-After': '1' })
    await new Promise((resolve) => queue.push(resolve))
  } else inside++
  served++
  await after(served % 31 === 0 ? 1200 : 30 + (served % 5) * 25)
}

const leave = () => {
  if (queue.length) queue.shift()()
  else inside--
}

// Tokens -----------------------------------------------------------------------------------------------------------------------------------

const coded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

const issued = (person) => {
  const claims = { sub: person.username, yard: person.yard, exp: Math.floor(Date.now() / 1000) + LIFETIME, jti: crypto.randomUUID(), era: person.era }
  const content = `${coded({ alg: 'RS256', typ: 'JWT', kid: 'yard-1' })}.${coded(claims)}`
  return `${content}.${crypto.sign('sha256', Buffer.from(content), keys.privateKey).toString('base64url')}`
}

// The key that a token is checked with.
const keyOf = (header) => (header.jwk && weak('token-embedded') ? crypto.createPublicKey({ key: header.jwk, format: 'jwk' }) : keys.publicKey)

const claimsOf = (request) => {
  const found = /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/i.exec(request.headers.authorization || '')
  if (!found) return null
  try {
    const [header, claims] = [found[1], found[2]].map((part) => JSON.parse(Buffer.from(part, 'base64url')))
    if (header.alg !== 'RS256' || !crypto.verify('sha256', Buffer.from(`${found[1]}.${found[2]}`), keyOf(header), Buffer.from(found[3], 'base64url'))) return null
    const person = people.get(claims.sub)
    const good = person && Number.isInteger(claims.exp) && claims.exp > Date.now() / 1000 && !ended.has(claims.jti) && (claims.era ?? 0) === person.era
    return good ? claims : null
  } catch {
    return null
  }
}

const signedIn = (request, role) => {
  const claims = claimsOf(request)
  if (!claims) throw new Refused(401, 'sign in first', { 'WWW-Authenticate': 'Bearer' })
  const person = people.get(claims.sub)
  if (role && person.role !== role) throw new Refused(403, `only for the role ${role}`)
  request.claims = claims
  return person
}

const body = (request) => {
  const found = request.body
  if (found === null || typeof found !== 'object' || Array.isArray(found)) throw new Refused(422, 'expected an object')
  return found
}

const limited = (key, most, request) => {
  const wait = Math.max(pause(key, most), pause(`${key.split(' ')[0]} ${request.ip}`, 30))
  if (wait) throw new Refused(429, 'too many attempts', { 'Retry-After': String(wait) })
}

const wrong = (key, request) => {
  note(key)
  note(`${key.split(' ')[0]} ${request.ip}`)
}

const poor = (password) => password.length < 10 || new Set(password).size < 5 || /^(password|passw0rd|qwerty|letmein|123456)/i.test(password)

// The application --------------------------------------------------------------------------------------------------------------------------

const told = (reply, status, content, headers = {}) => reply.code(status).headers({ ...configuration.headers, ...headers }).send(content)

const app = fastify({
  logger: false,
  bodyLimit: configuration.limit,
  requestTimeout: 20000,
  onProtoPoisoning: weak('preferences-merge') ? 'ignore' : 'error',
  onConstructorPoisoning: weak('preferences-merge') ? 'ignore' : 'error',
  rewriteUrl: (request) => {
    const original = request.headers['x-original-url']
    return weak('original-address') && /^\/[\w/.-]*$/.test(original || '') ? original : request.url
  },
  frameworkErrors: (_, request, reply) => told(reply, 400, { error: 'not understood' })
})

app.setErrorHandler((error, request, reply) => {
  if (error instanceof Refused) return told(reply, error.status, { error: error.text }, error.headers)
  if (error.statusCode && error.statusCode < 500) return told(reply, error.statusCode, { error: error.statusCode === 413 ? 'the body is too large' : 'not understood' })
  return told(reply, 500, { error: 'internal error' })
})
app.setNotFoundHandler((request, reply) => told(reply, 404, { error: 'there is nothing here' }))

const QUICK = new Set(['/version', '/.well-known/jwks.json'])

app.addHook('onRequest', async (request, reply) => {
  reply.headers(configuration.headers)
  if (!admits(request.ip)) throw new Refused(429, 'too many requests', { 'Retry-After': '1' })
  const way = weak('original-address') ? request.originalUrl : request.routeOptions.url || ''
  if (way.startsWith('/admin')) signedIn(request, 'admin')
})
app.addHook('preHandler', async (request, reply) => {
  if (QUICK.has(request.url.split('?')[0])) return
  await enter()
  if (reply.raw.destroyed) leave() // who asked is gone
  else reply.raw.once('close', leave)
})

// Routes -----------------------------------------------------------------------------------------------------------------------------------

app.get('/version', async () => ({ service: 'dockyard', instance: configuration.instance }))

app.get('/.well-known/jwks.json', async () => ({ keys: [{ ...keys.publicKey.export({ format: 'jwk' }), kid: 'yard-1', use: 'sig', alg: 'RS256' }] }))

app.post('/sessions', async (request) => {
  const name = text(body(request).username, 'username', 60)
  const password = text(body(request).password, 'password', 128)
  if (!weak('login-unlimited')) limited(`in ${name}`, 5, request)
  const person = people.get(name)
  if (!fits(password, person?.hash)) {
    wrong(`in ${name}`, request)
    throw new Refused(401, 'name or password is not right', { 'WWW-Authenticate': 'Bearer' })
  }
  forget(`in ${name}`)
  return { token: issued(person), expiresIn: LIFETIME }
})

app.delete('/sessions/current', async (request, reply) => {
  signedIn(request)
  ended.add(request.claims.jti)
  reply.code(204)
})

app.get('/me', async (request) => {
  const { username, email, yard, role, trade, earnedCents } = signedIn(request)
  return { username, email, yard, role, trade, earnedCents }
})

app.put('/me/password', async (request) => {
  const person = signedIn(request)
  const current = text(body(request).current, 'current', 128)
  const next = text(body(request).new, 'new', 128)
  limited(`change ${person.username}`, 5, request)
  if (!fits(current, person.hash)) {
    wrong(`change ${person.username}`, request)
    throw new Refused(403, 'the current password is not right')
  }
  if (poor(next)) throw new Refused(422, 'this password is easily guessed')
  Object.assign(person, { hash: hashed(next), era: person.era + 1 })
  return { token: issued(person), expiresIn: LIFETIME }
})

const simple = (value) => typeof value === 'boolean' || Number.isFinite(value) || (typeof value === 'string' && value.length <= 100)

// Preferences, with those of an inner object.
const merge = (target, source) => {
  for (const key of Object.keys(source).slice(0, 20)) {
    const [value, held] = [source[key], target[key]]
    if (simple(value)) target[key] = value
    else if (value && held && typeof value === 'object' && typeof held === 'object') {
      for (const inner of Object.keys(value).slice(0, 20)) if (simple(value[inner])) held[inner] = value[inner]
    }
  }
}

const shown = (preferences) => {
  const all = {}
  for (const key in preferences) if (key in DEFAULTS || weak('preferences-merge')) all[key] = preferences[key]
  return all
}

app.get('/me/preferences', async (request) => shown(signedIn(request).preferences))

app.patch('/me/preferences', async (request) => {
  const person = signedIn(request)
  const sent = body(request)
  if (weak('preferences-merge')) merge(person.preferences, sent)
  else {
    if (sent.theme !== undefined && !['light', 'dark'].includes(sent.theme)) throw new Refused(422, 'theme is light or dark')
    if (sent.units !== undefined && !['metric', 'imperial'].includes(sent.units)) throw new Refused(422, 'units are metric or imperial')
    for (const key of ['theme', 'units']) if (sent[key] !== undefined) person.preferences[key] = sent[key]
  }
  return shown(person.preferences)
})

// Orders

const entryOf = (kept, request, person, what, allowed) => {
  const entry = /^\d{1,9}$/.test(request.params.id) ? kept.get(Number(request.params.id)) : undefined
  if (!entry || !(allowed || person.role === 'admin' || entry.yard === person.yard)) throw new Refused(404, `there is no such ${what}`)
  return entry
}

const ownOrder = (request, person) => {
  const order = entryOf(orders, request, person, 'work order')
  if (order.createdBy !== person.username) throw new Refused(403, 'this order is of somebody else')
  return order
}

app.get('/work-orders', async (request) => {
  const person = signedIn(request)
  const { state } = request.query
  if (state !== undefined && !['open', 'approved', 'invoiced'].includes(state)) throw new Refused(422, 'state is not valid')
  return { workOrders: [...orders.values()].filter((order) => order.yard === person.yard && (!state || order.state === state)).slice(-100) }
})

app.post('/work-orders', async (request, reply) => {
  const person = signedIn(request)
  const vessel = text(body(request).vessel, 'vessel', 60)
  const task = text(body(request).task, 'task', 200)
  const hours = whole(body(request).hours, 'hours', 1, 200)
  if (orders.size >= MOST) throw new Refused(429, 'there are too many', { 'Retry-After': '60' })
  reply.code(201)
  return addOrder(person, vessel, task, hours)
})

app.get('/work-orders/:id', async (request) => {
  const person = signedIn(request)
  const order = entryOf(orders, request, person, 'work order', weak('order-yard'))
  return { ...order, gateCode: gateCodes.get(order.yard) }
})

app.patch('/work-orders/:id', async (request) => {
  const person = signedIn(request)
  const order = ownOrder(request, person)
  order.task = text(body(request).task, 'task', 200)
  return order
})

app.delete('/work-orders/:id', async (request, reply) => {
  const person = signedIn(request)
  const order = ownOrder(request, person)
  if (order.state !== 'open') throw new Refused(409, 'this order is approved')
  orders.delete(order.id)
  reply.code(204)
})

app.post('/work-orders/:id/approve', async (request) => {
  const person = signedIn(request, weak('approve-anybody') ? undefined : 'admin')
  const order = entryOf(orders, request, person, 'work order')
  if (order.state !== 'open') throw new Refused(409, 'this order is approved already')
  order.state = 'approved'
  audit.push({ by: person.username, did: `approved ${order.id}` })
  audit.splice(0, audit.length - MOST)
  return order
})

app.post('/work-orders/:id/invoice', async (request) => {
  const person = signedIn(request)
  const order = ownOrder(request, person)
  if (order.state === 'open') throw new Refused(409, 'this order is not approved')
  if (order.state === 'invoiced' && !weak('invoice-again')) throw new Refused(409, 'this order is invoiced already')
  order.state = 'invoiced'
  person.earnedCents += order.hours * RATE
  return { ...order, paidCents: order.hours * RATE, earnedCents: person.earnedCents }
})

// Timesheets

app.get('/timesheets', async (request) => {
  const person = signedIn(request)
  return { timesheets: [...sheets.values()].filter((sheet) => sheet.worker === person.username || (person.role === 'foreman' && sheet.yard === person.yard)).slice(-100) }
})

app.post('/timesheets', async (request, reply) => {
  const person = signedIn(request)
  const { workOrder, day } = body(request)
  const hours = weak('timesheet-hours') ? whole(body(request).hours, 'hours', -100000, 100000) : whole(body(request).hours, 'hours', 1, 16)
  if (typeof day !== 'string' || !/^20\d\d-\d\d-\d\d$/.test(day) || Number.isNaN(Date.parse(day))) throw new Refused(422, 'day is not valid')
  const order = orders.get(workOrder)
  if (!order || order.yard !== person.yard) throw new Refused(404, 'there is no such work order')
  if (sheets.size >= MOST) throw new Refused(429, 'there are too many', { 'Retry-After': '60' })
  reply.code(201)
  return addSheet(person, order, hours, day)
})

app.post('/timesheets/:id/sign', async (request) => {
  const person = signedIn(request, 'foreman')
  const sheet = entryOf(sheets, request, person, 'timesheet')
  if (sheet.signed) throw new Refused(409, 'this timesheet is signed already')
  sheet.signed = true
  return sheet
})

// Crews and reports

app.get('/crew', async (request) => {
  const person = signedIn(request)
  const { yard = person.yard } = request.query
  if (!YARDS.includes(yard)) throw new Refused(422, 'there is no such yard')
  if (yard !== person.yard && person.role !== 'admin' && !weak('crew-yard')) throw new Refused(403, 'this is not your yard')
  const fields = ({ username, role, trade, hash, iban }) => ({ username, role, trade, ...(weak('crew-fields') && { passwordHash: hash, iban }) })
  return { yard, crew: [...people.values()].filter((entry) => entry.yard === yard).map(fields) }
})

const summaries = new Map()

app.get('/reports/summary', async (request, reply) => {
  const person = signedIn(request)
  const key = weak('summary-cached') ? request.url : `${person.yard} ${request.url}`
  const held = summaries.get(key)
  if (held && Date.now() - held.at < 20000) {
    reply.header('X-Cache', 'HIT')
    return held.summary
  }
  await after(200) // it counts for long
  const own = [...orders.values()].filter((order) => order.yard === person.yard)
  const summary = {
    yard: person.yard, gateCode: gateCodes.get(person.yard), orders: own.length, hours: own.reduce((sum, order) => sum + order.hours, 0),
    earnedCents: [...people.values()].filter((entry) => entry.yard === person.yard).reduce((sum, entry) => sum + entry.earnedCents, 0)
  }
  if (summaries.size > 500) summaries.clear()
  summaries.set(key, { at: Date.now(), summary })
  reply.header('X-Cache', 'MISS')
  return summary
})

// The office: the hook above looks at who asks

app.get('/admin/yards', async () => ({ yards: YARDS.map((yard) => ({ yard, gateCode: gateCodes.get(yard), people: [...people.values()].filter((person) => person.yard === yard).length })) }))

app.get('/admin/audit', async () => ({ audit: audit.slice(-200), people: [...people.values()].map(({ username, email, earnedCents }) => ({ username, email, earnedCents })) }))

if (weak('actuator-open')) app.get('/actuator/env', async () => ({ activeProfiles: ['production'], propertySources: [{ name: 'systemEnvironment', properties: STORE }] }))

begin()
app.listen({ port: 0, host: '127.0.0.1' }).then(() => console.log(JSON.stringify({ port: app.server.address().port, instance: configuration.instance })))
