'use strict'
// Jobs of a print shop. A job is taken at once and done later.
const crypto = require('node:crypto')
const fs = require('node:fs')
const http = require('node:http')
const path = require('node:path')
const vm = require('node:vm')
const express = require('express')
const { configuration, weak, Refused, hashed, fits, pause, note, forget, admits, text, whole } = require('../kit.js')

const people = new Map()
const sessions = new Map()
const jobs = new Map()
const hooks = new Map()
const answers = new Map()
const PAPERS = { A4: 0.1, A3: 0.25, card: 0.6 }
const STORAGE = /^https:\/\/files\.printshop\.example\/[\w./-]{1,200}$/
const id = () => crypto.randomBytes(9).toString('hex')

function taken(owner, title, source, options, cost) {
  if (jobs.size > 3000) throw new Refused(503, 'there are too many jobs', { 'Retry-After': '60' })
  const job = { id: id(), owner, title, source, options, cost, state: 'queued', result: '' }
  jobs.set(job.id, job)
  setTimeout(() => done(job), 250)
  return job
}

async function done(job) {
  if (job.state !== 'queued') return
  let title = job.title
  if (weak('title-template')) title = title.replace(/\{\{(.{1,80}?)\}\}|\$\{(.{1,80}?)\}/g, (whole, one, two) => evaluated(one ?? two, whole))
  let content = 'no source'
  if (job.source.url) {
    if (!weak('source-fetch')) content = STORAGE.test(job.source.url) ? 'fetched by the storage' : ''
    else content = await fetched(job.source.url)
    if (!content) job.state = 'failed'
  }
  if (job.state === 'failed') return
  job.result = `Proof sheet\n${title}\n${job.options.copies} x ${job.options.paper}\n${content.length} characters\n`
  job.state = 'done'
}

function evaluated(expression, fallback) {
  try {
    return String(vm.runInNewContext(expression, {}, { timeout: 40 }))
  } catch {
    return fallback
  }
}

// What an address answers, of this machine alone: this shop stands behind a wall.
const fetched = (address) => new Promise((resolve) => {
  let url
  try {
    url = new URL(address)
  } catch {
    return resolve('')
  }
  if (url.protocol !== 'http:' || !/^127\.|^localhost$/.test(url.hostname)) return resolve('')
  const request = http.get(url, { timeout: 2000 }, (answer) => {
    let all = ''
    answer.setEncoding('utf8')
    answer.on('data', (more) => { all = (all + more).slice(0, 2000) })
    answer.on('end', () => resolve(all || 'nothing'))
    answer.on('error', () => resolve(''))
  })
  request.on('error', () => resolve(''))
  request.on('timeout', () => request.destroy())
})

let phone = 100
for (const [name, entry] of Object.entries(configuration.accounts)) {
  people.set(name, { username: name, email: entry.email, role: entry.role, phone: `0117 496 0${++phone}`, hash: hashed(entry.password) })
  taken(name, `Poster of ${name}`, { text: `Invitation, door code ${id().slice(0, 5)}` }, { paper: 'A3', copies: 2, note: '' }, 0.5)
  hooks.set(id(), { owner: name, url: `https://hooks.example/${name}`, event: 'job.done', secret: 'whsec_' + crypto.randomBytes(18).toString('base64url') })
}

const app = express()
app.disable('x-powered-by')
app.disable('etag')
app.set('query parser', 'extended')
app.use((request, response, next) => {
  response.set(configuration.headers)
  if (!admits(request.socket.remoteAddress)) throw new Refused(429, 'too many requests', { 'Retry-After': '1' })
  next()
})
app.use(express.json({ limit: weak('bodies-open') ? '8mb' : configuration.limit, strict: true }))
app.use((request, _, next) => {
  if (request.body === undefined) request.body = {}
  if (!request.body || typeof request.body !== 'object' || Array.isArray(request.body)) throw new Refused(400, 'the body is an object')
  next()
})

function member(request, _, next) {
  const [scheme, token = ''] = (request.headers.authorization || '').split(' ')
  const name = scheme.toLowerCase() === 'bearer' && sessions.get(token)
  if (!name) throw new Refused(401, 'sign in first', { 'WWW-Authenticate': 'Bearer' })
  request.token = token
  request.person = people.get(name)
  next()
}

function office(request, _, next) {
  if (request.person.role !== 'admin') throw new Refused(403, 'this is for the office')
  next()
}

function own(request, weakness = '') {
  const job = jobs.get(request.params.id)
  if (!job || (job.owner !== request.person.username && request.person.role !== 'admin' && !(weakness && weak(weakness)))) throw new Refused(404, 'no such job')
  return job
}

const shown = (job) => ({ id: job.id, title: job.title, state: job.state, options: job.options, cost: job.cost })

app.get('/version', (_, response) => response.json({ name: 'printshop', instance: configuration.instance }))

app.post('/login', (request, response) => {
  const given = text(request.body.username, 'username', 80)
  const password = text(request.body.password, 'password', 200)
  const name = given.trim().toLowerCase()
  const keys = [[`name ${weak('login-case') ? given : name}`, 5], [`address ${request.socket.remoteAddress}`, 30]]
  const wait = Math.max(...keys.map(([key, most]) => pause(key, most)))
  if (wait) throw new Refused(429, 'too many attempts', { 'Retry-After': String(wait) })
  if (!fits(password, people.get(name)?.hash)) {
    for (const [key] of keys) note(key)
    throw new Refused(401, 'name or password is wrong', { 'WWW-Authenticate': 'Bearer' })
  }
  forget(keys[0][0])
  const token = crypto.randomBytes(24).toString('base64url')
  if (sessions.size > 3000) sessions.delete(sessions.keys().next().value)
  sessions.set(token, name)
  response.json({ token })
})

app.post('/logout', member, (request, response) => {
  sessions.delete(request.token)
  response.status(204).end()
})

app.get('/me', member, (request, response) => {
  const { username, email, phone: number, role } = request.person
  response.json({ username, email, phone: number, role })
})

app.post('/jobs', member, (request, response) => {
  const { title, source = {}, options = {} } = request.body
  const key = request.get('Idempotency-Key')
  const place = weak('idempotency-shared') ? key : `${request.person.username} ${key}`
  if (key && !/^[\w-]{1,64}$/.test(key)) throw new Refused(422, 'Idempotency-Key is not valid')
  if (key && answers.has(place)) return response.status(202).location(`/jobs/${answers.get(place).id}`).json(shown(answers.get(place)))
  if (!source || typeof source !== 'object' || !options || typeof options !== 'object') throw new Refused(422, 'source and options are objects')
  const chosen = { paper: text(options.paper, 'paper', 20, 'A4'), copies: options.copies ?? 1, note: text(options.note, 'note', weak('bodies-open') ? 1e9 : 300, '') }
  if (!Object.hasOwn(PAPERS, chosen.paper)) throw new Refused(422, 'paper is not valid')
  whole(chosen.copies, 'copies', weak('copies-negative') ? -1e6 : 1, 500)
  const asked = { text: text(source.text, 'text', weak('bodies-open') ? 1e9 : 5000, '') }
  if (source.url !== undefined) asked.url = text(source.url, 'url', 400)
  const fixed = Math.round(PAPERS[chosen.paper] * chosen.copies * 100) / 100
  const cost = weak('cost-chosen') && typeof options.cost === 'number' ? options.cost : fixed
  const job = taken(request.person.username, text(title, 'title', 120), asked, chosen, cost)
  setTimeout(() => { // what is too long is kept for five seconds only, or the memory would end
    chosen.note = chosen.note.slice(0, 300)
    asked.text = asked.text.slice(0, 5000)
  }, 5000)
  if (answers.size > 3000) answers.clear()
  if (key) answers.set(place, job)
  response.status(202).location(`/jobs/${job.id}`).json(shown(job))
})

app.get('/jobs', member, (request, response) => {
  const { state } = request.query
  if (!weak('state-twice') && state !== undefined && typeof state !== 'string') throw new Refused(422, 'state is one word')
  const wanted = state === undefined ? undefined : state.trim().toLowerCase()
  const mine = [...jobs.values()].filter((job) => job.owner === request.person.username && (!wanted || job.state === wanted))
  response.json({ jobs: mine.reverse().slice(0, 50).map(shown) })
})

app.get('/jobs/:id', member, (request, response) => response.json(shown(own(request))))

app.get('/jobs/:id/result', member, (request, response) => {
  const job = own(request, 'job-result')
  if (job.state !== 'done') throw new Refused(409, 'the job is not done')
  response.type('text/plain').send(job.result + (job.source.text ? job.source.text + '\n' : ''))
})

app.post('/jobs/:id/cancel', member, (request, response) => {
  const job = own(request, 'job-cancel')
  job.state = 'cancelled'
  response.json(shown(job))
})

app.delete('/jobs/:id', member, (request, response) => {
  jobs.delete(own(request).id)
  response.status(204).end()
})

app.get('/sheets', (_, response) => response.json({ sheets: ['colours.txt', 'sizes.txt'] }))

app.get('/sheets/:name', (request, response) => {
  const { name } = request.params
  if (!weak('sheet-outside') && !/^[a-z]{1,20}\.txt$/.test(name)) throw new Refused(404, 'no such sheet')
  // The folder is the root of all that this shop reads.
  const place = path.join(configuration.folder, path.posix.normalize('/' + path.posix.join('sheets', name.replaceAll('\0', ''))))
  if (!fs.existsSync(place) || !fs.statSync(place).isFile()) throw new Refused(404, 'no such sheet')
  response.type('text/plain').send(fs.readFileSync(place, 'utf8'))
})

app.post('/hooks', member, (request, response) => {
  const url = text(request.body.url, 'url', 300)
  if (!/^https:\/\/[\w-]+(\.[\w-]+)*\.example\/[\w./-]*$/.test(url)) throw new Refused(422, 'url is not an https address of a known host')
  if (hooks.size > 2000) throw new Refused(503, 'there are too many hooks', { 'Retry-After': '60' })
  const hook = { owner: request.person.username, url, event: 'job.done', secret: 'whsec_' + crypto.randomBytes(18).toString('base64url') }
  const key = id()
  hooks.set(key, hook)
  response.status(201).json({ id: key, url, event: hook.event, secret: hook.secret }) // shown this once
})

app.get('/hooks', member, (request, response) => {
  const mine = [...hooks].filter(([, hook]) => hook.owner === request.person.username).slice(-50)
  response.json({ hooks: mine.map(([key, { url, event, secret }]) => ({ id: key, url, event, ...(weak('hook-secret') ? { secret } : {}) })) })
})

app.delete('/hooks/:id', member, (request, response) => {
  if (hooks.get(request.params.id)?.owner !== request.person.username) throw new Refused(404, 'no such hook')
  hooks.delete(request.params.id)
  response.status(204).end()
})

app.get('/office/queue', member, office, (_, response) => response.json({ queued: [...jobs.values()].filter((job) => job.state === 'queued').length, jobs: jobs.size }))

const METHODS = { '/version': 'GET', '/login': 'POST', '/logout': 'POST', '/me': 'GET', '/jobs': 'GET, POST', '/sheets': 'GET', '/hooks': 'GET, POST', '/office/queue': 'GET' }
app.use((request) => {
  const allowed = METHODS[request.path]
  throw allowed ? new Refused(405, 'this is not done here', { Allow: allowed }) : new Refused(404, 'not found')
})

app.use((error, request, response, _) => {
  if (error instanceof Refused) return response.status(error.status).set(error.headers).json({ error: error.text })
  if (error.status >= 400 && error.status < 500) return response.status(error.status).json({ error: error.status === 413 ? 'the body is too large' : 'not understood' })
  response.status(500).json(weak('state-twice') ? { error: String(error), stack: String(error.stack).split('\n') } : { error: 'something went wrong' })
})

const server = app.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port, instance: configuration.instance })))
