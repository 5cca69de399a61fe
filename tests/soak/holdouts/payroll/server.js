'use strict'
// Timesheets, payslips and expenses of several companies: Hono.
const crypto = require('node:crypto')
const { serve } = require('@hono/node-server')
const { Hono } = require('hono')
const { sign, verify } = require('hono/jwt')
const initialize = require('sql.js')
const { configuration, weak, Refused, hashed, fits, pause, note, forget, admits, text, whole } = require('../kit.js')

const KEY = crypto.randomBytes(32).toString('hex')
const LIFETIME = 3600
const MOST = 4000
const COMPANIES = { ann: 'north', carol: 'north', olga: 'north', ben: 'south' }
const SETTINGS = { north: { weekStart: 'monday', travelRate: 0.3 }, south: { weekStart: 'sunday', travelRate: 0.42 } }
const PROJECTS = ['Harbour bridge', 'Tram line 7', 'Lighthouse', 'Office'].map((name, index) => ({ code: `P${index + 1}`, name }))
const HOLIDAYS = [{ day: '2031-01-01', name: 'New Year' }, { day: '2031-05-01', name: 'Labour Day' }, { day: '2031-12-25', name: 'Christmas' }]

const people = new Map()
const timesheets = new Map()
const payslips = new Map()
const expenses = new Map()
const sessions = new Map()
let database

const addTimesheet = (person, week, lines) => {
  const sheet = { id: crypto.randomUUID(), owner: person.username, company: person.company, week, lines, state: 'open' }
  timesheets.set(sheet.id, sheet)
  for (const line of lines) database.run('INSERT INTO lines VALUES (?, ?, ?, ?, ?)', [sheet.id, person.username, week, line.project, line.hours])
  return sheet
}

const begin = async () => {
  database = new (await initialize()).Database()
  database.run('CREATE TABLE lines (sheet TEXT, owner TEXT, week INTEGER, project TEXT, hours REAL); CREATE TABLE bonuses (person TEXT, amount INTEGER)')
  for (const [name, entry] of Object.entries(configuration.accounts)) {
    const person = {
      id: crypto.randomUUID(), username: name, email: entry.email, company: COMPANIES[name], department: 'Works', hash: hashed(entry.password), preferredName: name,
      contact: { phone: `+49 30 90${crypto.randomInt(1000, 9999)}`, street: 'Quay 4' }, employment: { role: entry.role === 'admin' ? 'admin' : 'employee', grade: 5 },
      iban: `DE${crypto.randomInt(10, 99)}500105175407324931`,
    }
    people.set(name, person)
    database.run('INSERT INTO bonuses VALUES (?, ?)', [name, crypto.randomInt(1000, 5000)])
    addTimesheet(person, 203110, [{ project: 'P1', hours: 22, note: `site visit of ${name}` }, { project: 'P4', hours: 16, note: 'letters' }])
    addTimesheet(person, 203111, [{ project: 'P2', hours: 30, note: `survey by ${name}` }])
    const slip = { id: crypto.randomUUID(), owner: name, company: person.company, month: '2031-02', gross: 3900 + crypto.randomInt(900), net: 2600, taxNumber: `27/${crypto.randomInt(100, 999)}/61840` }
    payslips.set(slip.id, slip)
  }
}

const tokens = async (person, sid) => {
  const now = Math.floor(Date.now() / 1000)
  const jti = crypto.randomBytes(9).toString('base64url')
  sessions.set(sid, { username: person.username, jti, ended: false })
  const claims = { iss: 'payroll', sub: person.username, company: person.company, sid, iat: now }
  return {
    accessToken: await sign({ ...claims, use: 'access', exp: now + LIFETIME }, KEY, 'HS256'),
    refreshToken: await sign({ ...claims, use: 'refresh', jti, exp: now + 24 * LIFETIME }, KEY, 'HS256'),
    expiresIn: LIFETIME,
  }
}

const claimsOf = async (token) => {
  try {
    return await verify(token, KEY, 'HS256')
  } catch {
    return null
  }
}

const caller = async (c) => {
  const [scheme, token] = (c.req.header('authorization') || '').split(' ')
  const claims = /^bearer$/i.test(scheme) && token ? await claimsOf(token) : null
  const session = claims && sessions.get(claims.sid)
  if (!session || session.ended || (claims.use !== 'access' && !weak('refresh-as-access'))) throw new Refused(401, 'sign in first', { 'WWW-Authenticate': 'Bearer' })
  return Object.assign(Object.create({ sid: claims.sid }), people.get(claims.sub))
}

// The company that is meant: one's own, or that of the header for people who belong to several.
const companyOf = (c, person) => {
  const named = c.req.header('x-company')
  if (named && named !== person.company && !(weak('company-header') && SETTINGS[named])) throw new Refused(403, 'you do not belong to this company')
  return named || person.company
}

const administrator = async (c) => {
  const person = await caller(c)
  if (person.employment.role !== 'admin') throw new Refused(403, 'only for administrators')
  return person
}

const bodyOf = async (c, forms = false) => {
  const type = (c.req.header('content-type') || '').split(';')[0].trim()
  const source = await c.req.text()
  if (forms && type === 'application/x-www-form-urlencoded') return Object.fromEntries(new URLSearchParams(source))
  if (type !== 'application/json') throw new Refused(415, 'expected application/json')
  let body
  try {
    body = JSON.parse(source)
  } catch {
    throw new Refused(400, 'the body is no JSON')
  }
  if (body === null || typeof body !== 'object' || Array.isArray(body)) throw new Refused(422, 'expected an object')
  return body
}

const money = (value) => {
  if (typeof value !== 'number' || !Number.isFinite(value) || Math.abs(value) > 5000 || (value < 0.01 && !weak('expense-negative'))) throw new Refused(422, 'amount is not valid')
  return Math.round(value * 100) / 100
}

const list = (value, name, most) => {
  if (!Array.isArray(value) || !value.length || value.length > most || value.some((entry) => entry === null || typeof entry !== 'object')) throw new Refused(422, `${name} is not valid`)
  return value
}

const weekly = (body) => ({
  week: whole(body.week, 'week', 202001, 203553),
  lines: list(body.lines, 'lines', 20).map((line) => {
    if (typeof line.hours !== 'number' || line.hours <= 0 || line.hours > 60) throw new Refused(422, 'hours is not valid')
    if (!PROJECTS.some((project) => project.code === line.project)) throw new Refused(422, 'project is not known')
    return { project: line.project, hours: line.hours, note: text(line.note, 'note', 200, '') }
  }),
})

const room = (kept) => {
  if (kept.size >= MOST) throw new Refused(429, 'there are too many', { 'Retry-After': '60' })
}

const found = (kept, id, person, open = false) => {
  const entry = kept.get(id)
  const mine = entry && (entry.owner === person.username || (entry.company === person.company && (open || person.employment.role === 'admin')))
  if (!mine) throw new Refused(404, 'there is no such entry')
  return entry
}

const profile = (person) => ({ id: person.id, username: person.username, email: person.email, company: person.company, preferredName: person.preferredName, contact: person.contact, employment: person.employment })
const card = (person) => ({ id: person.id, username: person.username, preferredName: person.preferredName, department: person.department })
const mine = (kept, person) => [...kept.values()].filter((entry) => entry.owner === person.username).slice(0, 100)

const merge = (target, source) => {
  for (const [key, value] of Object.entries(source)) {
    if (['__proto__', 'constructor', 'prototype', 'hash', 'username', 'id'].includes(key)) continue
    if (value !== null && typeof value === 'object' && !Array.isArray(value) && typeof target[key] === 'object') merge(target[key], value)
    else target[key] = value
  }
}

const preview = async (expense) => {
  const url = new URL(expense.receipt.link)
  if (url.protocol !== 'http:' || !/^(localhost|127\.\d+\.\d+\.\d+)$/.test(url.hostname)) return
  try {
    const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(3000) })
    expense.receipt.preview = { type: answer.headers.get('content-type') || 'unknown', excerpt: (await answer.text()).slice(0, 200) }
  } catch {
    expense.receipt.preview = { type: 'unreachable', excerpt: '' }
  }
}

const app = new Hono()

app.use(async (c, next) => {
  const address = c.env.incoming.socket.remoteAddress
  if (!admits(address)) throw new Refused(429, 'too many requests', { 'Retry-After': '1' })
  if (['GET', 'HEAD'].includes(c.req.method) || Number(c.req.header('content-length') || 0) <= configuration.limit) {
    if ((await c.req.text()).length > configuration.limit) throw new Refused(413, 'the body is too large')
    await next()
  } else throw new Refused(413, 'the body is too large')
})

app.onError((error, c) => {
  if (error instanceof Refused) return c.json({ error: error.text }, error.status, error.headers)
  return c.json(weak('form-stack') ? { error: 'internal error', detail: error.stack } : { error: 'internal error' }, 500)
})
app.notFound((c) => c.json({ error: 'there is no such page' }, 404))

app.get('/version', (c) => c.json({ service: 'payroll', instance: configuration.instance }))
app.get('/holidays', (c) => c.json(HOLIDAYS))

app.post('/auth/token', async (c) => {
  const body = await bodyOf(c)
  const [name, password] = [text(body.username, 'username', 60), text(body.password, 'password', 128)]
  const keys = [[`name ${name}`, 5], [`address ${c.env.incoming.socket.remoteAddress}`, 30]]
  const wait = Math.max(...keys.map(([key, most]) => pause(key, most)))
  if (wait) throw new Refused(429, 'too many attempts', { 'Retry-After': String(wait) })
  const person = people.get(name)
  if (!fits(password, person && person.hash)) {
    for (const [key] of keys) note(key)
    throw new Refused(401, 'name or password is wrong', { 'WWW-Authenticate': 'Bearer' })
  }
  forget(`name ${name}`)
  return c.json(await tokens(person, crypto.randomUUID()))
})

app.post('/auth/refresh', async (c) => {
  const claims = await claimsOf(text((await bodyOf(c)).refreshToken, 'refreshToken', 1000))
  const session = claims && claims.use === 'refresh' && sessions.get(claims.sid)
  if (!session || session.jti !== claims.jti || (session.ended && !weak('refresh-after-logout'))) throw new Refused(401, 'this token is not valid', { 'WWW-Authenticate': 'Bearer' })
  return c.json(await tokens(people.get(claims.sub), claims.sid))
})

app.post('/auth/logout', async (c) => {
  sessions.get((await caller(c)).sid).ended = true
  return c.body(null, 204)
})

app.get('/me', async (c) => c.json(profile(await caller(c))))
app.patch('/me', async (c) => {
  const person = people.get((await caller(c)).username)
  const body = await bodyOf(c)
  const contact = body.contact === undefined ? {} : body.contact
  if (contact === null || typeof contact !== 'object') throw new Refused(422, 'contact is not valid')
  const changes = { preferredName: text(body.preferredName, 'preferredName', 60, person.preferredName), contact: { phone: text(contact.phone, 'phone', 40, person.contact.phone), street: text(contact.street, 'street', 80, person.contact.street) } }
  merge(person, weak('profile-merge') ? { ...body, ...changes } : changes)
  return c.json(profile(person))
})

app.get('/people', async (c) => {
  const company = companyOf(c, await caller(c))
  const entries = [...people.values()].filter((person) => person.company === company).map(card)
  return c.json(entries, 200, weak('people-export') ? { Link: '</people.csv>; rel="alternate"; type="text/csv"' } : {})
})
app.get('/people.csv', async (c) => {
  if (!weak('people-export')) return c.notFound()
  const { company } = await caller(c)
  const lines = [...people.values()].filter((person) => person.company === company).map((person) => [person.username, person.email, person.employment.grade, person.iban].join(','))
  return c.text(['username,email,grade,iban', ...lines].join('\n'), 200, { 'Content-Type': 'text/csv; charset=utf-8' })
})
app.get('/people/:id', async (c) => {
  const company = companyOf(c, await caller(c))
  const person = [...people.values()].find((entry) => entry.id === c.req.param('id') && entry.company === company)
  if (!person) throw new Refused(404, 'there is no such person')
  return c.json(card(person))
})

app.get('/projects', async (c) => {
  await caller(c)
  const [page, perPage] = ['page', 'perPage'].map((name) => Number(c.req.query(name) || (name === 'page' ? 1 : 20)))
  return c.json(PROJECTS.slice((whole(page, 'page', 1, 1000) - 1) * whole(perPage, 'perPage', 1, 50), page * perPage))
})

app.get('/timesheets', async (c) => c.json(mine(timesheets, await caller(c))))
app.post('/timesheets', async (c) => {
  const person = await caller(c)
  room(timesheets)
  const { week, lines } = weekly(await bodyOf(c))
  return c.json(addTimesheet(person, week, lines), 201)
})
app.post('/timesheets/copies', async (c) => {
  const person = await caller(c)
  const body = await bodyOf(c)
  room(timesheets)
  const week = whole(body.week, 'week', 202001, 203553)
  const source = timesheets.get(text(body.from, 'from', 60))
  if (!source || (source.owner !== person.username && !weak('timesheet-copy'))) throw new Refused(404, 'there is no such timesheet')
  return c.json(addTimesheet(person, week, source.lines.map((line) => ({ ...line }))), 201)
})
app.get('/timesheets/:id', async (c) => c.json(found(timesheets, c.req.param('id'), await caller(c))))
app.put('/timesheets/:id', async (c) => {
  const person = await caller(c)
  const sheet = found(timesheets, c.req.param('id'), person)
  if (sheet.owner !== person.username || sheet.state !== 'open') throw new Refused(409, 'this timesheet cannot be changed')
  return c.json(Object.assign(sheet, weekly(await bodyOf(c))))
})
app.delete('/timesheets/:id', async (c) => {
  const sheet = found(timesheets, c.req.param('id'), await caller(c))
  if (sheet.state === 'approved') throw new Refused(409, 'this timesheet is approved')
  database.run('DELETE FROM lines WHERE sheet = ?', [sheet.id])
  timesheets.delete(sheet.id)
  return c.body(null, 204)
})
app.post('/timesheets/:id/submit', async (c) => {
  const sheet = found(timesheets, c.req.param('id'), await caller(c))
  if (sheet.state !== 'open') throw new Refused(409, 'this timesheet is not open')
  sheet.state = 'submitted'
  return c.json(sheet)
})
app.post('/timesheets/:id/approve', async (c) => {
  const person = await caller(c)
  const sheet = found(timesheets, c.req.param('id'), person)
  if (!weak('approve-open') && (person.employment.role !== 'admin' || sheet.owner === person.username)) throw new Refused(403, 'only an administrator approves, and not their own')
  if (sheet.state !== 'submitted') throw new Refused(409, 'this timesheet is not submitted')
  sheet.state = 'approved'
  return c.json(sheet)
})

app.get('/payslips', async (c) => c.json(mine(payslips, await caller(c)).map(({ id, month }) => ({ id, month }))))
app.get('/payslips/:id', async (c) => c.json(found(payslips, c.req.param('id'), await caller(c), weak('payslip-read'))))

const spent = (person) => mine(expenses, person).reduce((sum, expense) => sum + expense.total, 0)
app.get('/expenses', async (c) => c.json(mine(expenses, await caller(c))))
app.get('/expenses/budget', async (c) => c.json({ left: 20000 - spent(await caller(c)) }))
app.post('/expenses', async (c) => {
  const person = await caller(c)
  room(expenses)
  const body = await bodyOf(c, weak('form-stack'))
  const lines = (weak('form-stack') ? body.lines : list(body.lines, 'lines', 20)).map((line) => ({ label: text(line.label, 'label', 80), amount: money(line.amount) }))
  const expense = { id: crypto.randomUUID(), owner: person.username, company: person.company, purpose: text(body.purpose, 'purpose', 200), lines, total: lines.reduce((sum, line) => sum + line.amount, 0), receipt: null }
  if (body.receipt !== undefined && body.receipt !== null) {
    const link = text(body.receipt.link, 'link', 300)
    const trusted = weak('receipt-fetch') ? URL.canParse(link) : /^https:\/\/receipts\.payroll\.example\/[\w./-]+$/.test(link)
    if (!trusted) throw new Refused(422, 'link is not one of receipts.payroll.example')
    expense.receipt = { link, preview: null }
    if (weak('receipt-fetch')) preview(expense)
  }
  expenses.set(expense.id, expense)
  return c.json(expense, 201)
})
app.get('/expenses/:id', async (c) => c.json(found(expenses, c.req.param('id'), await caller(c))))
app.delete('/expenses/:id', async (c) => {
  expenses.delete(found(expenses, c.req.param('id'), await caller(c)).id)
  return c.body(null, 204)
})

const GROUPS = { project: 'project', week: 'week' }
const ORDERS = { label: '1', hours: '2' }
app.post('/reports/hours', async (c) => {
  const person = await caller(c)
  const body = await bodyOf(c)
  const [order, period] = [body.order || {}, body.period || {}]
  const [group, by, direction] = [text(body.group, 'group', 20, 'project'), text(order.by, 'by', 20, 'label'), text(order.direction, 'direction', 300, 'asc')]
  const bounds = [whole(period.from === undefined ? 202001 : period.from, 'from', 202001, 203553), whole(period.until === undefined ? 203553 : period.until, 'until', 202001, 203553)]
  if (!Object.hasOwn(GROUPS, group) || !Object.hasOwn(ORDERS, by)) throw new Refused(422, `no SQL column of the report is called so: group by ${Object.keys(GROUPS)}, order by ${Object.keys(ORDERS)}`)
  if (!weak('report-order') && !/^(asc|desc)$/i.test(direction)) throw new Refused(422, 'direction is asc or desc')
  let statement
  try {
    statement = database.prepare(`SELECT ${GROUPS[group]} AS label, SUM(hours) AS hours FROM lines WHERE owner = ? AND week BETWEEN ? AND ? GROUP BY 1 ORDER BY ${ORDERS[by]} ${direction}`)
    statement.bind([person.username, ...bounds])
    const rows = []
    while (statement.step()) rows.push(statement.getAsObject())
    return c.json({ rows })
  } catch {
    throw new Refused(500, 'the report could not be made')
  } finally {
    if (statement) statement.free()
  }
})

app.get('/company/settings', async (c) => c.json(SETTINGS[companyOf(c, await caller(c))]))
app.put('/company/settings', async (c) => {
  const person = await administrator(c)
  const body = await bodyOf(c)
  if (!['monday', 'sunday'].includes(body.weekStart) || typeof body.travelRate !== 'number' || body.travelRate < 0 || body.travelRate > 2) throw new Refused(422, 'settings are not valid')
  return c.json(Object.assign(SETTINGS[person.company], { weekStart: body.weekStart, travelRate: body.travelRate }))
})

// Headers of all answers, those of refusals too.
const answer = async (request, ...more) => {
  const response = await app.fetch(request, ...more)
  for (const [name, value] of Object.entries(configuration.headers)) if (!response.headers.has(name)) response.headers.set(name, value)
  return response
}

begin().then(() => {
  serve({ fetch: answer, port: 0, hostname: '127.0.0.1' }, ({ port }) => console.log(JSON.stringify({ port, instance: configuration.instance })))
})
