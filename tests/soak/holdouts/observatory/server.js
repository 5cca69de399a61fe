'use strict'
// Proposals, nights and hours of an observatory: Koa, slow answers.
const crypto = require('node:crypto')
const Koa = require('koa')
const { Router } = require('@koa/router')
const { bodyParser } = require('@koa/bodyparser')
const { configuration, weak, Refused, hashed, fits, pause, note, forget, admits, text, whole } = require('../kit.js')

const LIFETIME = 3600 * 1000
const MOST = 3000
const TARGETS = Array.from({ length: 60 }, (_, index) => ({ name: `NGC ${1000 + index * 7}`, type: ['galaxy', 'nebula', 'cluster'][index % 3], magnitude: 6 + (index % 9) }))

const people = new Map()
const tokens = new Map()
const proposals = new Map()
const reservations = new Map()
const vouchers = new Map()
const telescopes = new Map([['T1', { code: 'T1', name: 'Great refractor', notes: [] }], ['T2', { code: 'T2', name: 'Sky camera', notes: [] }]])
const preferences = {}
const cache = new Map()
let wishes = 0

const sleep = (least, most) => new Promise((resolve) => setTimeout(resolve, least + Math.random() * (most - least)))
const mine = (kept, person) => [...kept.values()].filter((entry) => entry.owner === person.username).slice(-100)

const add = (kept, owner, entry) => {
  if (kept.size >= MOST) throw new Refused(429, 'there are too many', { 'Retry-After': '60' })
  const made = { id: crypto.randomBytes(8).toString('hex'), owner, ...entry }
  kept.set(made.id, made)
  return made
}

for (const [name, entry] of Object.entries(configuration.accounts)) {
  people.set(name, { username: name, email: entry.email, role: entry.role, hash: hashed(entry.password), hours: 40 })
  preferences[name] = { units: 'metric', notify: { mail: true } }
  add(proposals, name, { title: `Halo of ${name}`, abstract: `unpublished idea of ${name}`, state: 'draft', rating: null })
  add(proposals, name, { title: `Dust near ${name}`, abstract: 'a survey', state: 'submitted', rating: null })
  add(reservations, name, { telescope: 'T1', night: '2031-03-04', hours: 2, remark: `guest of ${name}`, state: 'booked' })
}

const app = new Koa()
const router = new Router({ strict: true, sensitive: true })
app.silent = true

const caller = (ctx) => {
  const [scheme, token] = ctx.get('authorization').split(' ')
  const session = /^bearer$/i.test(scheme) && tokens.get(token)
  if (!session || session.until < Date.now()) throw new Refused(401, 'sign in first', { 'WWW-Authenticate': 'Bearer' })
  return Object.assign(people.get(session.name), { token })
}

const bodyOf = (ctx) => {
  if (!ctx.is('application/json')) throw new Refused(415, 'expected application/json')
  const body = ctx.request.body
  if (body === null || typeof body !== 'object' || Array.isArray(body)) throw new Refused(422, 'expected an object')
  return body
}

const own = (kept, ctx, person) => {
  const entry = kept.get(ctx.params.id)
  if (!entry || (entry.owner !== person.username && person.role !== 'admin')) throw new Refused(404, 'there is no such entry')
  return entry
}

const object = (value, name) => {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new Refused(422, `${name} is not valid`)
  return value
}

// Routes for administrators, by method and path.
const GUARDED = [['POST', /^\/telescopes$/], ['DELETE', /^\/telescopes\/\w+$/], ['PUT', /^\/proposals\/\w+\/rating$/], ['PATCH', /^\/proposals\/\w+\/rating$/], ['GET', /^\/admin\//]]

app.use(async (ctx, next) => {
  for (const [name, value] of Object.entries(configuration.headers)) ctx.set(name, value)
  try {
    if (!admits(ctx.ip)) throw new Refused(429, 'too many requests', { 'Retry-After': '1' })
    await next()
    if (ctx.status === 404 && ctx.body === undefined) throw new Refused(404, 'there is nothing here')
  } catch (error) {
    const known = error instanceof Refused
    const status = known ? error.status : [400, 413, 415].includes(error.status) ? error.status : 500
    ctx.status = status
    if (known) ctx.set(error.headers)
    ctx.body = { error: known ? error.text : status === 500 ? 'this did not work' : 'the body is not valid' }
  }
})
app.use(async (ctx, next) => {
  if (ctx.path !== '/version') await sleep(150, 400)
  await next()
})
app.use(bodyParser({ enableTypes: ['json'], jsonLimit: weak('filter-deep') ? '1mb' : configuration.limit, parsedMethods: ['POST', 'PUT', 'PATCH', 'DELETE'] }))
app.use(async (ctx, next) => {
  const guarded = GUARDED.some(([method, path]) => method === ctx.method.replace('HEAD', 'GET') && path.test(ctx.path) && !(method === 'PATCH' && weak('rating-patch')))
  if (guarded && caller(ctx).role !== 'admin') throw new Refused(403, 'only for administrators')
  if (weak('override-method') && ctx.method === 'POST' && ctx.get('x-http-method-override')) ctx.method = ctx.get('x-http-method-override').toUpperCase()
  await next()
})

router.get('/version', (ctx) => { ctx.body = { service: 'observatory', instance: configuration.instance } })

router.post('/login', (ctx) => {
  const body = bodyOf(ctx)
  const [typed, password] = [text(body.username, 'username', 60), text(body.password, 'password', 128)]
  const name = typed.trim().toLowerCase()
  const keys = [[`name ${weak('name-spelling') ? typed : name}`, 5]]
  if (!weak('name-spelling')) keys.push([`address ${ctx.ip}`, 30])
  const wait = Math.max(...keys.map(([key, most]) => pause(key, most)))
  if (wait) throw new Refused(429, 'too many attempts', { 'Retry-After': String(wait) })
  const person = people.get(name)
  if (!fits(password, person && person.hash)) {
    for (const [key] of keys) note(key)
    throw new Refused(401, 'name or password is wrong', { 'WWW-Authenticate': 'Bearer' })
  }
  forget(keys[0][0])
  const token = crypto.randomBytes(24).toString('base64url')
  tokens.set(token, { name, until: Date.now() + LIFETIME })
  ctx.body = { token, expires: LIFETIME / 1000 }
})
router.post('/logout', (ctx) => {
  tokens.delete(caller(ctx).token)
  ctx.status = 204
})
router.get('/me', (ctx) => {
  const { username, email, role } = caller(ctx)
  ctx.body = { username, email, role }
})

// Preferences: what is given is laid over what there is.
const lay = (target, source) => {
  for (const [key, value] of Object.entries(source)) {
    if (!weak('preferences-proto') && ['__proto__', 'constructor', 'prototype'].includes(key)) continue
    if (value !== null && typeof value === 'object' && target[key] && ['object', 'function'].includes(typeof target[key])) lay(target[key], value)
    else if (['string', 'number', 'boolean'].includes(typeof value)) target[key] = value
  }
  return target
}
const copied = (source) => {
  const copy = {}
  for (const key in source) copy[key] = source[key] !== null && typeof source[key] === 'object' ? copied(source[key]) : source[key]
  return copy
}
router.get('/preferences', (ctx) => { ctx.body = copied(preferences[caller(ctx).username]) })
router.put('/preferences', (ctx) => {
  const person = caller(ctx)
  const body = bodyOf(ctx)
  if (JSON.stringify(body).length > 2000) throw new Refused(422, 'there are too many preferences')
  const laid = lay(preferences[person.username], body)
  if (JSON.stringify(laid).length > 8000) preferences[person.username] = { units: 'metric', notify: { mail: true } }
  ctx.body = copied(preferences[person.username])
})

router.get('/telescopes', (ctx) => { ctx.body = [...telescopes.values()] })
router.post('/telescopes', (ctx) => {
  const body = bodyOf(ctx)
  const code = text(body.code, 'code', 8)
  if (!/^[A-Z][A-Z0-9]{1,7}$/.test(code) || telescopes.has(code) || telescopes.size > 200) throw new Refused(422, 'code is not valid')
  telescopes.set(code, { code, name: text(body.name, 'name', 60), notes: [] })
  ctx.status = 201
  ctx.body = telescopes.get(code)
})
const telescopeOf = (ctx) => {
  if (!telescopes.has(ctx.params.code)) throw new Refused(404, 'there is no such telescope')
  return telescopes.get(ctx.params.code)
}
router.get('/telescopes/:code', (ctx) => { ctx.body = telescopeOf(ctx) })
router.post('/telescopes/:code', (ctx) => {
  const person = caller(ctx)
  const telescope = telescopeOf(ctx)
  telescope.notes = [...telescope.notes.slice(-49), { by: person.username, text: text(bodyOf(ctx).note, 'note', 200) }]
  ctx.status = 201
  ctx.body = telescope
})
router.delete('/telescopes/:code', (ctx) => {
  caller(ctx)
  telescopes.delete(telescopeOf(ctx).code)
  ctx.status = 204
})

// Targets by a condition of conditions: {and: [...]}, {or: [...]}, {not: ...}, {type: ...}, {brighter: ...}.
const holds = (condition, target) => {
  const { and, or, not, type, brighter } = object(condition, 'where')
  if (Array.isArray(and)) return and.every((part) => holds(part, target))
  if (Array.isArray(or)) return or.some((part) => holds(part, target))
  if (not !== undefined) return !holds(not, target)
  return (type === undefined || target.type === type) && (brighter === undefined || target.magnitude < brighter)
}
const depth = (value, most) => value === null || typeof value !== 'object' || (most > 0 && Object.values(value).every((inner) => depth(inner, most - 1)))
router.post('/targets/search', async (ctx) => {
  caller(ctx)
  const where = object(bodyOf(ctx).where || {}, 'where')
  if (!weak('filter-deep') && !depth(where, 12)) throw new Refused(422, 'where is too deep: no SQL or other store would take it')
  ctx.body = await new Promise((resolve, reject) => {
    setTimeout(() => {
      try {
        resolve(TARGETS.filter((target) => holds(where, target)))
      } catch (error) {
        if (!(error instanceof Refused)) throw error
        reject(error)
      }
    }, 20)
  })
})

router.get('/proposals', (ctx) => {
  const person = caller(ctx)
  const { state, owner } = ctx.query
  const of = weak('owner-filter') && typeof owner === 'string' ? { username: owner } : person
  ctx.body = mine(proposals, of).filter((proposal) => state === undefined || proposal.state === state)
})
const proposed = (body) => ({ title: text(body.title, 'title', 120), abstract: text(body.abstract, 'abstract', 2000, '') })
router.post('/proposals', (ctx) => {
  const person = caller(ctx)
  ctx.body = add(proposals, person.username, { ...proposed(bodyOf(ctx)), state: 'draft', rating: null })
  ctx.status = 201
})
router.get('/proposals/:id', (ctx) => { ctx.body = own(proposals, ctx, caller(ctx)) })
router.put('/proposals/:id', (ctx) => {
  const proposal = own(proposals, ctx, caller(ctx))
  if (proposal.state !== 'draft') throw new Refused(409, 'the proposal is submitted')
  ctx.body = Object.assign(proposal, proposed(bodyOf(ctx)))
})
router.delete('/proposals/:id', (ctx) => {
  proposals.delete(own(proposals, ctx, caller(ctx)).id)
  ctx.status = 204
})
router.post('/proposals/:id/submit', (ctx) => {
  const proposal = own(proposals, ctx, caller(ctx))
  if (proposal.state !== 'draft') throw new Refused(409, 'the proposal is submitted')
  proposal.state = 'submitted'
  ctx.body = proposal
})
const rate = (ctx) => {
  const proposal = own(proposals, ctx, caller(ctx))
  if (proposal.state === 'draft') throw new Refused(409, 'the proposal is not submitted')
  proposal.rating = whole(bodyOf(ctx).rating, 'rating', 1, 5)
  ctx.body = proposal
}
router.put('/proposals/:id/rating', rate)
router.patch('/proposals/:id/rating', rate)

const NIGHT = weak('night-pattern') ? /^(\d+-?)+$/ : /^20\d\d-\d\d-\d\d$/
router.get('/reservations', (ctx) => { ctx.body = mine(reservations, caller(ctx)) })
router.post('/reservations', (ctx) => {
  const person = caller(ctx)
  const body = bodyOf(ctx)
  const plan = object(body.plan, 'plan')
  const [night, hours] = [text(plan.night, 'night', 28), whole(plan.hours, 'hours', 1, 12)]
  if (!NIGHT.test(night)) throw new Refused(422, 'night is not valid')
  if (!telescopes.has(body.telescope)) throw new Refused(422, 'there is no such telescope')
  if (person.hours < hours) throw new Refused(409, 'there are too few hours left')
  const reservation = add(reservations, person.username, { telescope: body.telescope, night, hours, remark: text(plan.remark, 'remark', 200, ''), state: 'booked' })
  person.hours -= hours
  ctx.status = 201
  ctx.body = reservation
})
router.get('/reservations/:id', (ctx) => { ctx.body = own(reservations, ctx, caller(ctx)) })
router.post('/reservations/:id/cancel', (ctx) => {
  const reservation = own(reservations, ctx, caller(ctx))
  if (reservation.state === 'cancelled' && !weak('cancel-twice')) throw new Refused(409, 'the reservation is cancelled')
  reservation.state = 'cancelled'
  people.get(reservation.owner).hours += reservation.hours
  ctx.body = reservation
})

router.post('/plans', (ctx) => {
  caller(ctx)
  const body = bodyOf(ctx)
  const [target, exposure] = [text(body.target, 'target', 60), whole(body.exposure, 'exposure', 1, 3600)]
  const frames = whole(body.frames, 'frames', 1, weak('frames-open') ? 1000000 : 500)
  ctx.body = { target, frames: Array.from({ length: frames }, (_, index) => ({ frame: index + 1, starts: index * (exposure + 4), ends: index * (exposure + 4) + exposure })) }
})

router.get('/budget', (ctx) => { ctx.body = { hours: caller(ctx).hours } })
router.post('/budget/transfers', (ctx) => {
  const person = caller(ctx)
  const body = bodyOf(ctx)
  const other = people.get(text(body.to, 'to', 60))
  const hours = whole(body.hours, 'hours', weak('transfer-negative') ? -1000 : 1, 1000)
  if (!other || other.username === person.username) throw new Refused(422, 'nobody is called so')
  if (person.hours < hours) throw new Refused(409, 'there are too few hours left')
  person.hours -= hours
  other.hours += hours
  ctx.body = { hours: person.hours }
})

router.get('/vouchers', (ctx) => { ctx.body = mine(vouchers, caller(ctx)) })
router.post('/vouchers', (ctx) => {
  const person = caller(ctx)
  const hours = whole(bodyOf(ctx).hours, 'hours', 1, 10)
  if (person.hours < hours) throw new Refused(409, 'there are too few hours left')
  const voucher = add(vouchers, person.username, { code: crypto.randomBytes(9).toString('hex'), hours, used: false })
  person.hours -= hours
  ctx.status = 201
  ctx.body = voucher
})
router.post('/vouchers/redeem', async (ctx) => {
  const person = caller(ctx)
  const code = text(bodyOf(ctx).code, 'code', 40)
  const voucher = [...vouchers.values()].find((entry) => entry.code === code)
  if (!voucher || voucher.used) throw new Refused(409, 'this voucher is not valid')
  if (!weak('voucher-race')) voucher.used = true
  await sleep(60, 120) // the ledger is told
  voucher.used = true
  person.hours += voucher.hours
  ctx.body = { hours: person.hours }
})

router.get('/summary', async (ctx) => {
  const person = caller(ctx)
  const key = weak('summary-cached') ? ctx.url : `${person.username} ${ctx.url}`
  const kept = cache.get(key)
  if (kept && kept.until > Date.now()) {
    ctx.body = kept.body
    return
  }
  if (cache.size > 500) cache.clear()
  await sleep(100, 200)
  const month = typeof ctx.query.month === 'string' ? ctx.query.month : ''
  const body = { of: person.username, email: person.email, hours: person.hours, nights: mine(reservations, person).filter((entry) => entry.night.startsWith(month)).map(({ night, telescope, remark }) => ({ night, telescope, remark })) }
  cache.set(key, { body, until: Date.now() + 5000 })
  ctx.body = body
})

router.post('/wishes', (ctx) => {
  text(bodyOf(ctx).text, 'text', 500)
  wishes += 1
  ctx.status = 202
  ctx.body = { wishes }
})
router.get('/admin/people', (ctx) => { ctx.body = [...people.values()].map(({ username, email, role, hours }) => ({ username, email, role, hours })) })
router.get('/admin/proposals', (ctx) => { ctx.body = [...proposals.values()].slice(-100) })

app.use(router.routes())
app.use(router.allowedMethods({ throw: true, notImplemented: () => new Refused(501, 'not with this method'), methodNotAllowed: () => new Refused(405, 'not with this method') }))

const server = app.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port, instance: configuration.instance })))
