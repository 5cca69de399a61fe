'use strict'
// Tickets of a ferry line. Everything is kept in memory.
const http = require('node:http')
const crypto = require('node:crypto')

const configuration = JSON.parse(process.argv[2])
const weak = (name) => configuration.weak.includes(name)
const KEY = crypto.randomBytes(32)
const PARALLEL = 24
const people = new Map()
const tickets = new Map()
const ended = new Set()
const wrong = new Map()
const levels = new Map()
const sailings = [
  { id: 1, from: 'Oban', to: 'Craignure', day: '2031-05-01', at: '07:25', price: 12 },
  { id: 2, from: 'Oban', to: 'Craignure', day: '2031-05-01', at: '16:05', price: 14 },
  { id: 3, from: 'Mallaig', to: 'Armadale', day: '2031-05-02', at: '09:00', price: 9 },
]
let number = 5000
let flying = 0
let brokenUntil = 0

const hashed = (password, salt = crypto.randomBytes(12).toString('hex')) => `${salt}$${crypto.scryptSync(password, salt, 32, { N: 1024 }).toString('hex')}`
const fits = (password, stored) => {
  const hash = stored || hashed('')
  return crypto.timingSafeEqual(Buffer.from(hashed(password, hash.split('$')[0])), Buffer.from(hash)) && Boolean(stored)
}

class Refused extends Error {
  constructor(status, text, headers = {}) {
    super(text)
    Object.assign(this, { status, text, headers })
  }
}

function booked(owner, sailing, passenger, plate, price, note = '') {
  if (tickets.size > 3000) throw new Refused(503, 'the boats are full', { 'Retry-After': '60' })
  const ticket = { id: ++number, owner, sailing, passenger, plate, price, note, state: 'paid', gate: crypto.randomBytes(4).toString('hex') }
  tickets.set(ticket.id, ticket)
  return ticket
}

for (const [name, entry] of Object.entries(configuration.accounts)) {
  people.set(name, { username: name, email: entry.email, role: entry.role, hash: hashed(entry.password), preferences: { language: 'en', seat: 'deck' } })
  booked(name, 1, `${name} Rowe`, 'SK31 ABC', 12)
  booked(name, 3, `${name} Rowe`, 'SK31 ABC', 9)
}

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
const signed = (text) => crypto.createHmac('sha256', KEY).update(text).digest('base64url')

function tokenFor(person) {
  const now = Math.floor(Date.now() / 1000)
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: person.username, role: person.role, iat: now, exp: now + 1800, jti: crypto.randomUUID() })}`
  return `${text}.${signed(text)}`
}

function claimsOf(request) {
  const [scheme, token = ''] = (request.headers.authorization || '').split(' ')
  const [head, body, signature, ...more] = token.split('.')
  if (scheme.toLowerCase() !== 'bearer' || !signature || more.length) throw new Refused(401, 'sign in first', { 'WWW-Authenticate': 'Bearer' })
  let claims
  try {
    if (JSON.parse(Buffer.from(head, 'base64url')).alg !== 'HS256') throw new TypeError('not HS256')
    claims = JSON.parse(Buffer.from(body, 'base64url'))
  } catch {
    throw new Refused(401, 'sign in first', { 'WWW-Authenticate': 'Bearer' })
  }
  const right = Buffer.from(signed(`${head}.${body}`))
  const given = Buffer.from(signature)
  const genuine = given.length === right.length && crypto.timingSafeEqual(given, right)
  if ((!genuine && !weak('signature-open')) || !claims || !people.has(claims.sub) || !(claims.exp > Date.now() / 1000) || ended.has(claims.jti)) {
    throw new Refused(401, 'sign in first', { 'WWW-Authenticate': 'Bearer' })
  }
  return claims
}

function textIn(body, name, longest, fallback) {
  const text = Object.hasOwn(body, name) ? body[name] : fallback
  if (typeof text !== 'string' || text.length > longest || (!text.length && fallback === undefined) || /[\0-\x1f]/.test(text)) throw new Refused(422, `${name} is not valid`)
  return text
}

function ownTicket(claims, identifier, weakness = '') {
  const ticket = /^[0-9]{1,9}$/.test(identifier) ? tickets.get(Number(identifier)) : undefined
  if (!ticket || (ticket.owner !== claims.sub && claims.role !== 'admin' && !(weakness && weak(weakness)))) throw new Refused(404, 'no such ticket')
  return ticket
}

const asShown = ({ owner, ...ticket }) => ticket

function listed(preferences) {
  const lines = {}
  for (const key in preferences) lines[key] = preferences[key]
  return lines
}

function merged(target, source, depth = 0) {
  for (const key of Object.keys(source)) {
    const value = source[key]
    if (value && typeof value === 'object' && depth < 5) {
      if (!target[key] || typeof target[key] !== 'object') target[key] = {}
      merged(target[key], value, depth + 1)
    } else {
      target[key] = value
    }
  }
}

// Whether a text repeats itself: each place is compared with those before it.
function repeats(text) {
  let same = 0
  for (let place = 0; place < text.length; place++) {
    for (let before = 0; before < place; before += 16) if (text.charCodeAt(place) === text.charCodeAt(before)) same++
  }
  return same > text.length * text.length * 0.05
}

function plateIn(body) {
  const plate = textIn(body, 'plate', 200, '')
  if (!plate) return plate
  if (weak('plate-pattern')) {
    const looked = plate.length > 29 ? plate.slice(0, 28) + plate.at(-1) : plate
    if (!/^([A-Z0-9]+[ -]?)+$/i.test(looked)) throw new Refused(422, 'plate is not valid')
  } else if (!/^[A-Z0-9 -]{2,12}$/i.test(plate)) {
    throw new Refused(422, 'plate is not valid')
  }
  return plate
}

const counted = (key, most) => {
  const recent = (wrong.get(key) || []).filter((moment) => Date.now() - moment < 60000)
  wrong.set(key, recent)
  return recent.length >= most ? Math.ceil((60000 - (Date.now() - recent[0])) / 1000) : 0
}

function login({ body, address }) {
  const name = textIn(body, 'username', 60)
  const pause = Math.max(counted(`name ${name}`, 5), counted(`address ${address}`, 30))
  if (pause) throw new Refused(429, 'too many attempts', { 'Retry-After': String(pause) })
  const person = people.get(name)
  let right
  if (weak('login-operators') && body.password && typeof body.password === 'object') {
    const stored = person ? person.hash : ''
    right = Boolean(person) && Object.entries(body.password).every(([operator, value]) => ({ $ne: stored !== value, $gt: stored > value, $gte: stored >= value, $exists: Boolean(value), $regex: /^[\w.*^$]{0,20}$/.test(value) && new RegExp(value).test(stored) })[operator] ?? false)
  } else {
    right = fits(textIn(body, 'password', 128), person && person.hash)
  }
  if (!right) {
    for (const key of [`name ${name}`, `address ${address}`]) wrong.set(key, [...(wrong.get(key) || []), Date.now()])
    throw new Refused(401, 'name or password is wrong', { 'WWW-Authenticate': 'Bearer' })
  }
  wrong.delete(`name ${name}`)
  return [200, { access_token: tokenFor(person), expires_in: 1800 }]
}

function buy({ request, body }) {
  const claims = claimsOf(request)
  const sailing = weak('stacks') ? sailings.find((entry) => entry.id === body.sailing) : sailings.find((entry) => entry.id === body.sailing) || (() => { throw new Refused(422, 'there is no such sailing') })()
  const price = weak('price-chosen') && typeof body.price === 'number' ? body.price : sailing.price
  const note = textIn(body, 'note', weak('huge-text') ? Infinity : 500, '')
  if (note.length > 3000000) process.exit(134) // as where the heap is used up
  if (note && repeats(note) && note.length < 20) throw new Refused(422, 'note is not valid')
  return [201, asShown(booked(claims.sub, sailing.id, textIn(body, 'passenger', 80), plateIn(body), price, note.slice(0, 500)))]
}

function change({ request, body, found }) {
  const ticket = ownTicket(claimsOf(request), found[1])
  const passenger = textIn(body, 'passenger', 80)
  const plate = plateIn(body)
  Object.assign(ticket, { passenger, plate })
  return [200, asShown(ticket)]
}

function preferences({ request, body }) {
  const person = people.get(claimsOf(request).sub)
  if (weak('preferences-merged')) {
    merged(person.preferences, body)
  } else {
    const language = textIn(body, 'language', 5, person.preferences.language)
    const seat = textIn(body, 'seat', 20, person.preferences.seat)
    if (!['en', 'de', 'gd'].includes(language) || !['deck', 'lounge', 'cabin'].includes(seat)) throw new Refused(422, 'there is no such choice')
    person.preferences = { language, seat }
  }
  return [200, listed(person.preferences)]
}

function refund({ request, body }) {
  const claims = claimsOf(request)
  if (claims.role !== 'admin' && !weak('refund-open')) throw new Refused(403, 'only for the office')
  const ticket = tickets.get(body.ticket)
  if (!ticket) throw new Refused(404, 'no such ticket')
  ticket.state = 'refunded'
  return [200, { id: ticket.id, owner: ticket.owner, state: ticket.state, refunded: ticket.price }]
}

const routes = [
  ['GET', /^\/version$/, () => [200, { service: 'ferries', instance: configuration.instance }]],
  ['POST', /^\/login$/, login],
  ['POST', /^\/logout$/, ({ request }) => { ended.add(claimsOf(request).jti); return [204] }],
  ['GET', /^\/me$/, ({ request }) => { const claims = claimsOf(request); const person = people.get(claims.sub); return [200, { username: person.username, email: person.email, role: claims.role }] }],
  ['GET', /^\/me\/preferences$/, ({ request }) => [200, listed(people.get(claimsOf(request).sub).preferences)]],
  ['PUT', /^\/me\/preferences$/, preferences],
  ['GET', /^\/sailings$/, ({ query }) => [200, { sailings: sailings.filter((entry) => !query.get('day') || entry.day === query.get('day')) }]],
  ['GET', /^\/sailings\/([^/]+)$/, ({ found }) => { const entry = sailings.find((each) => String(each.id) === found[1]); if (!entry) throw new Refused(404, 'no such sailing'); return [200, entry] }],
  ['GET', /^\/tickets$/, ({ request }) => { const { sub } = claimsOf(request); return [200, { tickets: [...tickets.values()].filter((ticket) => ticket.owner === sub).slice(-100).map(asShown) }] }],
  ['POST', /^\/tickets$/, buy],
  ['GET', /^\/tickets\/([^/]+)$/, ({ request, found }) => [200, asShown(ownTicket(claimsOf(request), found[1], 'ticket-read'))]],
  ['PUT', /^\/tickets\/([^/]+)$/, change],
  ['DELETE', /^\/tickets\/([^/]+)$/, ({ request, found }) => { tickets.delete(ownTicket(claimsOf(request), found[1]).id); return [204] }],
  ['POST', /^\/office\/refunds$/, refund],
  ['GET', /^\/office\/sales$/, ({ request }) => { if (claimsOf(request).role !== 'admin') throw new Refused(403, 'only for the office'); return [200, { tickets: tickets.size }] }],
  ['GET', /^\/app\.js$/, () => [200, `console.log('ferries')\n${weak('map-served') ? '//# sourceMappingURL=app.js.map\n' : ''}`, { 'Content-Type': 'text/javascript' }]],
]
if (weak('map-served')) routes.push(['GET', /^\/app\.js\.map$/, () => [200, { version: 3, file: 'app.js', sources: ['src/app.ts'], sourcesContent: ["const payKey = 'sk_live_4eC39HqLyjWDarjtT1zdp7dc'\nconst dbPassword = 'Gannet-Ledge-88'\nconsole.log('ferries')\n"], names: [], mappings: 'AAAA' }]])
if (weak('admin-unlisted')) routes.push(['GET', /^\/admin\/users$/, () => [200, [...people.values()].map(({ username, email, role, hash }) => ({ username, email, role, hash }))]])

function read(request) {
  return new Promise((resolve, reject) => {
    const parts = []
    let size = 0
    request.on('data', (piece) => {
      size += piece.length
      if (size > (weak('huge-text') ? 16 << 20 : configuration.limit)) {
        request.removeAllListeners('data')
        request.resume()
        reject(new Refused(413, 'the body is too large', { Connection: 'close' }))
      } else parts.push(piece)
    })
    request.on('end', () => resolve(Buffer.concat(parts).toString('utf8')))
    request.on('error', reject)
  })
}

function admitted(address) {
  const now = Date.now()
  const [level, moment] = levels.get(address) || [80, now]
  const filled = Math.min(80, level + ((now - moment) / 1000) * 40)
  levels.set(address, [filled >= 1 ? filled - 1 : filled, now])
  return filled >= 1
}

async function answered(request) {
  const address = request.socket.remoteAddress
  if (!admitted(address)) throw new Refused(429, 'too many requests', { 'Retry-After': '1' })
  if (weak('parallel-falls')) {
    if (flying > PARALLEL) brokenUntil = Date.now() + 10000
    if (Date.now() < brokenUntil) throw new Error('pool exhausted: 24 of 24 connections are in use')
  } else if (flying > PARALLEL) throw new Refused(503, 'too many requests at once', { 'Retry-After': '1' })
  await new Promise((resolve) => setTimeout(resolve, 50))
  let url
  try {
    url = new URL(request.url, 'http://127.0.0.1')
  } catch {
    throw new Refused(400, 'the address is not understood')
  }
  const fitting = routes.filter(([, pattern]) => pattern.test(url.pathname))
  if (!fitting.length) throw new Refused(404, 'there is nothing here')
  const method = request.method === 'HEAD' ? 'GET' : request.method
  const route = fitting.find(([name]) => name === method)
  const allowed = { Allow: [...new Set(fitting.map(([name]) => name))].join(', ') }
  if (method === 'OPTIONS') return [204, undefined, allowed]
  if (!route) throw new Refused(405, 'not by this method', allowed)
  const text = await read(request)
  let body = {}
  if (['POST', 'PUT'].includes(method) && url.pathname !== '/logout') {
    try {
      body = JSON.parse(text)
    } catch {
      throw new Refused(400, 'the body is not JSON')
    }
    if (!body || typeof body !== 'object' || Array.isArray(body)) throw new Refused(400, 'the body is an object')
  }
  return route[2]({ request, body, address, query: url.searchParams, found: route[1].exec(url.pathname) })
}

const server = http.createServer(async (request, response) => {
  flying++
  let status, content, more = {}
  try {
    [status, content, more = {}] = await answered(request)
  } catch (error) {
    if (error instanceof Refused) [status, content, more] = [error.status, { error: error.text }, error.headers]
    else [status, content] = [500, weak('stacks') || (weak('parallel-falls') && /pool/.test(error.message)) ? { error: String(error), ...(weak('stacks') ? { stack: String(error.stack).split('\n') } : {}) } : { error: 'something went wrong' }]
  } finally {
    flying--
  }
  const headers = status >= 400 && weak('errors-headerless') ? {} : { ...configuration.headers }
  const { origin } = request.headers
  if (weak('cors-prefix') ? /^(https:\/\/ferries\.example|http:\/\/127\.0\.0\.1)/.test(origin || '') : origin === 'https://ferries.example') {
    Object.assign(headers, { 'Access-Control-Allow-Origin': origin, Vary: 'Origin', ...(weak('cors-prefix') ? { 'Access-Control-Allow-Credentials': 'true' } : {}) })
  }
  const text = content === undefined ? '' : typeof content === 'string' ? content : JSON.stringify(content)
  if (status !== 204) Object.assign(headers, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) })
  response.writeHead(status, { ...headers, ...more })
  response.end(request.method === 'HEAD' ? undefined : text)
})
server.on('clientError', (error, socket) => {
  if (!socket.writable) return
  const lines = Object.entries(weak('errors-headerless') ? {} : configuration.headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.end(`HTTP/1.1 400 Bad Request\r\n${lines}Content-Type: application/json\r\nConnection: close\r\n\r\n{"error": "not understood"}`)
})
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port, instance: configuration.instance })))
