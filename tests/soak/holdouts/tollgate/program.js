'use strict'
// Tolls of roads: vehicles, passages, fines and payouts. Koa; what it keeps is in a register that is slow, and has room for few at a time.
const crypto = require('node:crypto')
const http = require('node:http')
const Koa = require('koa')
const { Router } = require('@koa/router')
const { bodyParser } = require('@koa/bodyparser')
const { configuration, weak, Refused, hashed, fits, pause, note, forget, admits, text, whole } = require('../kit.js')

const LIFETIME = 3600
const MOST = 2000
const AT_ONCE = 8
const WAITING = 60
const keys = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = keys.publicKey.export({ type: 'spki', format: 'pem' })
const REGISTER = { url: 'postgres://tolls@register.tollgate.example/tolls', password: crypto.randomBytes(9).toString('hex') }

const people = new Map()
const vehicles = new Map()
const passages = []
const fines = new Map()
const resets = new Map()
const ended = new Set()
let serial = 7001

const shuffled = (number) => (number * 7919) % 9973
const place = ['Harrow Bridge', 'East Tunnel', 'Cliff Road', 'Northern Ring']

const addVehicle = (owner, plate, model) => {
  const vehicle = { id: serial++, owner, plate, model }
  vehicles.set(vehicle.id, vehicle)
  return vehicle
}

const begin = () => {
  let number = 0
  for (const [name, account] of Object.entries(configuration.accounts)) {
    number++
    people.set(name, {
      username: name, email: account.email, role: account.role, hash: hashed(account.password), era: 0, phone: '', cents: 5000,
      transponder: `TR-${400 + number}`, pin: String(crypto.randomInt(10000)).padStart(4, '0'), address: `${crypto.randomInt(10, 99)} Mill Lane`
    })
    const vehicle = addVehicle(name, `${name.slice(0, 2).toUpperCase()}-${100 + number}-TG`, 'Estate')
    for (let index = 0; index < 300; index++) {
      const moment = new Date(Date.UTC(2031, 0, 1) + shuffled(index + number) * 3600e3)
      passages.push({ id: serial++, plate: vehicle.plate, gate: place[shuffled(index) % 4], at: moment.toISOString(), cents: 240 })
    }
    const fine = { id: serial++, owner: name, reference: `F-${crypto.randomInt(1e8, 1e9)}`, plate: vehicle.plate, cents: 6000, state: 'open', reason: '' }
    fines.set(fine.id, fine)
  }
}

// The register -----------------------------------------------------------------------------------------------------------------------------

const after = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))
const queue = []
let inside = 0
let served = 0

// One of the places at the register, for as long as a request takes.
const enter = async () => {
  if (inside >= AT_ONCE) {
    if (queue.length >= WAITING) throw new Refused(503, 'the register is busy', { 'Retry-After': '1' })
    await new Promise((resolve) => queue.push(resolve))
  } else inside++
  served++
  await after(served % 23 === 0 ? 900 : 40 + (served % 7) * 20)
}

const leave = () => {
  if (queue.length) queue.shift()()
  else inside--
}

// Tokens -----------------------------------------------------------------------------------------------------------------------------------

const coded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

const issued = (person) => {
  const claims = { sub: person.username, exp: Math.floor(Date.now() / 1000) + LIFETIME, jti: crypto.randomUUID(), era: person.era }
  const content = `${coded({ alg: 'RS256', typ: 'JWT', kid: 'tolls-1' })}.${coded(claims)}`
  return `${content}.${crypto.sign('sha256', Buffer.from(content), keys.privateKey).toString('base64url')}`
}

const proven = (algorithm, content, signature) => {
  if (algorithm === 'RS256') return crypto.verify('sha256', Buffer.from(content), keys.publicKey, signature)
  if (algorithm === 'HS256' && weak('token-confusion')) {
    // The key of the library is whatever it was given to check with.
    const expected = crypto.createHmac('sha256', pem).update(content).digest()
    return expected.length === signature.length && crypto.timingSafeEqual(expected, signature)
  }
  return false
}

const claimsOf = (ctx) => {
  const found = /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/i.exec(ctx.get('Authorization'))
  if (!found) return null
  try {
    const [header, claims] = [found[1], found[2]].map((part) => JSON.parse(Buffer.from(part, 'base64url')))
    if (!proven(header.alg, `${found[1]}.${found[2]}`, Buffer.from(found[3], 'base64url'))) return null
    const person = people.get(claims.sub)
    const good = person && Number.isInteger(claims.exp) && claims.exp > Date.now() / 1000 && !ended.has(claims.jti) && (claims.era ?? 0) === person.era
    return good ? claims : null
  } catch {
    return null
  }
}

const signedIn = (ctx, role) => {
  const claims = claimsOf(ctx)
  if (!claims) throw new Refused(401, 'sign in first', { 'WWW-Authenticate': 'Bearer' })
  const person = people.get(claims.sub)
  if (role && person.role !== role) throw new Refused(403, 'only for administrators')
  ctx.state.claims = claims
  return person
}

const body = (ctx) => {
  const found = ctx.request.body
  if (found === null || typeof found !== 'object' || Array.isArray(found)) throw new Refused(422, 'expected an object')
  return found
}

const limited = (key, most, ctx, addresses = 30) => {
  const wait = Math.max(pause(key, most), pause(`${key.split(' ')[0]} ${ctx.ip}`, addresses))
  if (wait) throw new Refused(429, 'too many attempts', { 'Retry-After': String(wait) })
}

const wrong = (key, ctx) => {
  note(key)
  note(`${key.split(' ')[0]} ${ctx.ip}`)
}

const poor = (password) => password.length < 10 || new Set(password).size < 5 || /^(password|qwerty|letmein|123456)/i.test(password)

// Routes -----------------------------------------------------------------------------------------------------------------------------------

const router = new Router()

router.get('/version', (ctx) => {
  ctx.body = { service: 'tollgate', instance: configuration.instance }
})

router.get('/token-key.pem', (ctx) => {
  ctx.type = 'application/x-pem-file'
  ctx.body = pem
})

router.get('/.well-known/jwks.json', (ctx) => {
  ctx.body = { keys: [{ ...keys.publicKey.export({ format: 'jwk' }), kid: 'tolls-1', use: 'sig', alg: 'RS256' }] }
})

router.post('/auth/sign-in', (ctx) => {
  const name = text(body(ctx).username, 'username', 60)
  const password = text(body(ctx).password, 'password', 128)
  limited(`in ${name}`, 5, ctx)
  const person = people.get(name)
  if (!fits(password, person?.hash)) {
    wrong(`in ${name}`, ctx)
    throw new Refused(401, 'name or password is not right', { 'WWW-Authenticate': 'Bearer' })
  }
  forget(`in ${name}`)
  ctx.body = { accessToken: issued(person), expiresIn: LIFETIME }
})

router.post('/auth/sign-out', (ctx) => {
  signedIn(ctx)
  ended.add(ctx.state.claims.jti)
  ctx.status = 204
})

const mailed = async (person) => {
  const token = crypto.randomBytes(24).toString('base64url')
  resets.set(token, { username: person.username, until: Date.now() + 900e3 })
  if (resets.size > MOST) resets.delete(resets.keys().next().value)
  await after(850)
}

router.post('/auth/forgot', async (ctx) => {
  const email = text(body(ctx).email, 'email', 120)
  limited('forgot', 1e9, ctx, 40)
  note(`forgot ${ctx.ip}`)
  const person = [...people.values()].find((entry) => entry.email === email)
  if (person && weak('forgot-timing')) await mailed(person)
  else if (person) mailed(person)
  ctx.status = 202
  ctx.body = { message: 'if we know this address, a mail is on its way' }
})

router.post('/auth/reset', (ctx) => {
  const token = text(body(ctx).token, 'token', 100)
  const password = text(body(ctx).password, 'password', 128)
  limited('reset', 1e9, ctx)
  const reset = resets.get(token)
  if (!reset || reset.until < Date.now()) {
    wrong('reset', ctx)
    throw new Refused(403, 'this token is not valid')
  }
  if (poor(password)) throw new Refused(422, 'this password is easily guessed')
  resets.delete(token)
  const person = people.get(reset.username)
  Object.assign(person, { hash: hashed(password), era: person.era + 1 })
  ctx.status = 204
})

router.get('/me', (ctx) => {
  const { username, email, role, phone } = signedIn(ctx)
  ctx.body = { username, email, role, phone }
})

router.patch('/me', (ctx) => {
  const person = signedIn(ctx)
  person.phone = text(body(ctx).phone, 'phone', 30)
  ctx.body = { username: person.username, phone: person.phone }
})

router.put('/me/password', (ctx) => {
  const person = signedIn(ctx)
  const current = text(body(ctx).current, 'current', 128)
  const next = text(body(ctx).new, 'new', 128)
  limited(`change ${person.username}`, 5, ctx)
  if (!fits(current, person.hash)) {
    wrong(`change ${person.username}`, ctx)
    throw new Refused(403, 'the current password is not right')
  }
  if (poor(next)) throw new Refused(422, 'this password is easily guessed')
  Object.assign(person, { hash: hashed(next), era: person.era + 1 })
  ctx.body = { accessToken: issued(person), expiresIn: LIFETIME }
})

router.get('/account', (ctx) => {
  const { cents, transponder } = signedIn(ctx)
  ctx.body = { balanceCents: cents, transponder }
})

router.put('/account/pin', (ctx) => {
  const person = signedIn(ctx)
  const pin = text(body(ctx).pin, 'pin', 4)
  if (!/^\d{4}$/.test(pin)) throw new Refused(422, 'a PIN has four digits')
  person.pin = pin
  ctx.status = 204
})

router.post('/account/payout', async (ctx) => {
  const person = signedIn(ctx)
  const cents = whole(body(ctx).cents, 'cents', 1, 1e7)
  if (person.cents < cents) throw new Refused(409, 'the balance is too small')
  if (!weak('payout-race')) person.cents -= cents
  await after(150) // the bank
  if (weak('payout-race')) person.cents -= cents
  ctx.status = 201
  ctx.body = { paidCents: cents, balanceCents: person.cents }
})

const PLATE = /^[A-Z0-9]{1,4}(-[A-Z0-9]{1,4}){0,2}$/

router.get('/vehicles', (ctx) => {
  const person = signedIn(ctx)
  ctx.body = { vehicles: [...vehicles.values()].filter((entry) => entry.owner === person.username).slice(-100) }
})

router.post('/vehicles', (ctx) => {
  const person = signedIn(ctx)
  const plate = text(body(ctx).plate, 'plate', 14).toUpperCase()
  const model = text(body(ctx).model, 'model', 60, 'unknown')
  if (!PLATE.test(plate)) throw new Refused(422, 'plate is not valid')
  const known = [...vehicles.values()].find((entry) => entry.plate === plate)
  if (known && (known.owner === person.username || !weak('vehicle-claim'))) throw new Refused(409, 'this plate cannot be added')
  if (vehicles.size >= MOST) throw new Refused(429, 'there are too many', { 'Retry-After': '60' })
  ctx.status = 201
  ctx.body = known ? Object.assign(known, { owner: person.username, model }) : addVehicle(person.username, plate, model)
})

router.post('/vehicles/check', (ctx) => {
  signedIn(ctx)
  const plate = text(body(ctx).plate, 'plate', weak('plate-backtracking') ? 28 : 14)
  const form = weak('plate-backtracking') ? /^([A-Z0-9]+[- ]?)+$/ : PLATE
  ctx.body = { plate, valid: form.test(plate) }
})

const own = (kept, ctx, person, what) => {
  const entry = /^\d{1,9}$/.test(ctx.params.id) ? kept.get(Number(ctx.params.id)) : undefined
  if (!entry || entry.owner !== person.username) throw new Refused(404, `there is no such ${what}`)
  return entry
}

router.delete('/vehicles/:id', (ctx) => {
  vehicles.delete(own(vehicles, ctx, signedIn(ctx), 'vehicle').id)
  ctx.status = 204
})

const moment = (value) => {
  if (value === undefined) return ''
  if (!weak('error-dump') && (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(value) || Number.isNaN(Date.parse(value)))) throw new Refused(422, 'from is not a day')
  return new Date(value).toISOString()
}

router.get('/passages', async (ctx) => {
  const person = signedIn(ctx)
  const { plate, limit = '20' } = ctx.query
  const from = moment(ctx.query.from)
  if (typeof limit !== 'string' || !/^[1-9]\d{0,8}$/.test(limit) || (Number(limit) > 100 && !weak('passages-limit'))) throw new Refused(422, 'limit is 1 to 100')
  if (plate !== undefined && (typeof plate !== 'string' || plate.length > 14)) throw new Refused(422, 'plate is not valid')
  const plates = [...vehicles.values()].filter((entry) => entry.owner === person.username).map((entry) => entry.plate)
  const chosen = plate === undefined ? plates : weak('passages-plate') || plates.includes(plate) ? [plate] : []
  const found = passages.filter((entry) => chosen.includes(entry.plate) && entry.at >= from).slice(0, Number(limit))
  await after(found.length)
  ctx.body = { passages: found }
})

router.get('/fines', (ctx) => {
  const person = signedIn(ctx)
  ctx.body = { fines: [...fines.values()].filter((entry) => entry.owner === person.username) }
})

router.patch('/fines/:id', (ctx) => {
  const fine = own(fines, ctx, signedIn(ctx), 'fine')
  const reason = text(body(ctx).reason, 'reason', 300)
  const { id, owner, reference } = fine
  if (weak('fine-merge')) Object.assign(fine, body(ctx), { id, owner, reference, reason })
  else Object.assign(fine, { reason, state: 'disputed' })
  ctx.body = fine
})

// Whether a value is what a condition of the store of documents says.
const meets = (value, condition) => {
  if (condition === null || typeof condition !== 'object') return value === condition
  return Object.entries(condition).every(([operator, operand]) => {
    if (operator === '$ne') return value !== operand
    if (operator === '$gt') return value > operand
    if (operator === '$in') return Array.isArray(operand) && operand.includes(value)
    if (operator === '$exists') return Boolean(operand)
    if (operator === '$regex') return typeof operand === 'string' && operand.length < 20 && !/[+*{].*[+*{]/.test(operand) && new RegExp(operand).test(value)
    throw new Refused(422, `unknown operator: ${operator}`.slice(0, 60))
  })
}

router.post('/fines/lookup', (ctx) => {
  const { reference, plate } = body(ctx)
  if (reference === undefined || plate === undefined) throw new Refused(422, 'expected reference and plate')
  if (!weak('lookup-operators')) [reference, plate].forEach((value) => text(value, 'reference or plate', 20))
  limited('lookup', 1e9, ctx)
  const fine = [...fines.values()].find((entry) => meets(entry.reference, reference) && meets(entry.plate, plate))
  if (!fine) {
    wrong('lookup', ctx)
    throw new Refused(404, 'there is no such fine')
  }
  const { address, email } = people.get(fine.owner)
  ctx.body = { reference: fine.reference, plate: fine.plate, cents: fine.cents, state: fine.state, sentTo: `${fine.owner}, ${address}, ${email}` }
})

router.post('/kiosk/balance', (ctx) => {
  const transponder = text(body(ctx).transponder, 'transponder', 20)
  const pin = text(body(ctx).pin, 'pin', 4)
  if (!weak('kiosk-pin')) limited(`pin ${transponder}`, 5, ctx)
  const person = [...people.values()].find((entry) => entry.transponder === transponder)
  if (!person || person.pin !== pin) {
    wrong(`pin ${transponder}`, ctx)
    throw new Refused(403, 'transponder or PIN is not right')
  }
  forget(`pin ${transponder}`)
  ctx.body = { transponder, balanceCents: person.cents }
})

router.get('/internal/metrics', (ctx) => {
  const addresses = [ctx.get('X-Forwarded-For').split(',')[0].trim(), ctx.get('X-Real-IP')]
  const near = addresses.some((address) => /^(10\.\d+\.\d+\.\d+|127\.0\.0\.1)$/.test(address))
  if (!(weak('internal-forwarded') && near)) signedIn(ctx, 'admin')
  ctx.body = { served, waiting: queue.length, people: people.size, register: REGISTER.url, accounts: [...people.values()].map((person) => ({ username: person.username, balanceCents: person.cents })) }
})

router.get('/admin/accounts', (ctx) => {
  signedIn(ctx, 'admin')
  ctx.body = { accounts: [...people.values()].map((person) => ({ username: person.username, email: person.email, balanceCents: person.cents })) }
})

// The document -----------------------------------------------------------------------------------------------------------------------------

const string = { type: 'string' }
const integer = { type: 'integer' }
const shape = (properties, required = Object.keys(properties)) => ({ type: 'object', required, properties })
const sent = (properties, example, required) => ({ requestBody: { required: true, content: { 'application/json': { schema: shape(properties, required), ...(example && { example }) } } } })
const failure = { description: 'Refused', content: { 'application/json': { schema: shape({ error: string }) } } }
const answers = (status, schema, ...more) => ({
  responses: Object.fromEntries([
    [status, { description: 'Done', ...(schema && { content: { 'application/json': { schema } } }) }],
    ...['401', '422', '429', '503', ...more].map((code) => [code, failure])
  ])
})
const open = { security: [] }
const inPath = { name: 'id', in: 'path', required: true, schema: integer }
const inQuery = (name, schema, example) => ({ name, in: 'query', schema, ...(example && { example }) })
const vehicle = shape({ id: integer, plate: string, model: string })
const passage = shape({ id: integer, plate: string, gate: string, at: { type: 'string', format: 'date-time' }, cents: integer })
const fine = shape({ id: integer, reference: string, plate: string, cents: integer, state: string, reason: string })

const description = {
  openapi: '3.0.3',
  info: { title: 'Tollgate', version: '3.1.0', description: 'Vehicles, passages and fines. The register is slow at times; 503 means: later.' },
  components: { securitySchemes: { token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
  security: [{ token: [] }],
  paths: {
    '/version': { get: { ...open, ...answers('200') } },
    '/.well-known/jwks.json': { get: { ...open, ...answers('200') } },
    '/token-key.pem': { get: { ...open, responses: { 200: { description: 'The key of tokens', content: { 'application/x-pem-file': {} } } } } },
    '/auth/sign-in': { post: { ...open, ...sent({ username: string, password: string }), ...answers('200', shape({ accessToken: string, expiresIn: integer })) } },
    '/auth/sign-out': { post: answers('204') },
    '/auth/forgot': { post: { ...open, ...sent({ email: { type: 'string', format: 'email' } }, { email: 'dana@mail.example' }), ...answers('202') } },
    '/auth/reset': { post: { ...open, ...sent({ token: string, password: string }), ...answers('204', undefined, '403') } },
    '/me': { get: answers('200'), patch: { ...sent({ phone: string }, { phone: '+44 20 7946 0011' }), ...answers('200') } },
    '/me/password': { put: { ...sent({ current: string, new: string }), ...answers('200', undefined, '403') } },
    '/account': { get: answers('200', shape({ balanceCents: integer, transponder: string })) },
    '/account/pin': { put: { summary: 'A new PIN for the kiosks', ...sent({ pin: { type: 'string', pattern: '^[0-9]{4}$' } }, { pin: '4071' }), ...answers('204') } },
    '/account/payout': { post: { ...sent({ cents: { type: 'integer', minimum: 1 } }, { cents: 100 }), ...answers('201', undefined, '409') } },
    '/vehicles': {
      get: answers('200', shape({ vehicles: { type: 'array', items: vehicle } })),
      post: { ...sent({ plate: { type: 'string', maxLength: 14 }, model: string }, { plate: 'KX-204-TG', model: 'Estate' }, ['plate']), ...answers('201', vehicle, '409') }
    },
    '/vehicles/check': { post: { summary: 'Whether a plate is well written', ...sent({ plate: string }, { plate: 'KX-204-TG' }), ...answers('200', shape({ plate: string, valid: { type: 'boolean' } })) } },
    '/vehicles/{id}': { delete: { parameters: [inPath], ...answers('204', undefined, '404') } },
    '/passages': {
      get: {
        summary: 'Passages of your vehicles',
        parameters: [inQuery('plate', string), inQuery('from', { type: 'string', format: 'date' }, '2031-01-01'), inQuery('limit', { type: 'integer', minimum: 1, maximum: 100 }, 20)],
        ...answers('200', shape({ passages: { type: 'array', items: passage } }))
      }
    },
    '/fines': { get: answers('200', shape({ fines: { type: 'array', items: fine } })) },
    '/fines/{id}': { patch: { summary: 'Dispute a fine', parameters: [inPath], ...sent({ reason: string }, { reason: 'The vehicle was sold' }), ...answers('200', fine, '404') } },
    '/fines/lookup': { post: { ...open, summary: 'A fine, by what the letter says', ...sent({ reference: string, plate: string }, { reference: 'F-100200300', plate: 'KX-204-TG' }), ...answers('200', undefined, '404') } },
    '/kiosk/balance': { post: { ...open, summary: 'What a transponder has left, at the kiosk', ...sent({ transponder: string, pin: { type: 'string', pattern: '^[0-9]{4}$' } }, { transponder: 'TR-388', pin: '0000' }), ...answers('200', undefined, '403') } },
    '/internal/metrics': { get: { summary: 'For the monitoring', ...answers('200', undefined, '403') } },
    '/admin/accounts': { get: answers('200', undefined, '403') }
  }
}

router.get('/openapi.json', (ctx) => {
  ctx.body = description
})

// The application --------------------------------------------------------------------------------------------------------------------------

const app = new Koa()
app.silent = true
const QUICK = new Set(['/version', '/openapi.json', '/token-key.pem', '/.well-known/jwks.json'])

app.use(async (ctx, next) => {
  ctx.set(configuration.headers)
  try {
    if (!admits(ctx.ip)) throw new Refused(429, 'too many requests', { 'Retry-After': '1' })
    await next()
    if (ctx.status === 404 && ctx.body === undefined) throw new Refused(404, 'there is nothing here')
    if (ctx.status === 405 || ctx.status === 501) throw new Refused(405, 'not with this method')
  } catch (error) {
    if (error instanceof Refused) {
      ctx.status = error.status
      ctx.set(error.headers)
      ctx.body = { error: error.text }
    } else if (error.status && error.status < 500) {
      ctx.status = error.status
      ctx.body = { error: error.status === 413 ? 'the body is too large' : 'not understood' }
    } else {
      ctx.status = 500
      ctx.body = weak('error-dump') ? { error: String(error.message), stack: error.stack, register: REGISTER } : { error: 'internal error' }
    }
  }
})
app.use(async (ctx, next) => {
  if (QUICK.has(ctx.path)) return next()
  await enter()
  try {
    await next()
  } finally {
    leave()
  }
})
app.use(bodyParser({ enableTypes: ['json'], jsonLimit: configuration.limit, jsonStrict: true }))
app.use(router.routes())
app.use(router.allowedMethods())

begin()
const server = http.createServer({ requestTimeout: 20000, headersTimeout: 10000 }, app.callback())
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port, instance: configuration.instance })))
