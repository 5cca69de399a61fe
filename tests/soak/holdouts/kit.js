'use strict'
// What the services in Node share: passwords, limits of attempts and of requests, refusals.
const crypto = require('node:crypto')

const configuration = JSON.parse(process.argv[2])
const weak = (name) => configuration.weak.includes(name)

class Refused extends Error {
  constructor(status, text, headers = {}) {
    super(text)
    Object.assign(this, { status, text, headers })
  }
}

const hashed = (password, salt = crypto.randomBytes(12).toString('hex')) => `${salt}$${crypto.scryptSync(password, salt, 32, { N: 1024 }).toString('hex')}`
const nobody = hashed('')
const fits = (password, stored) => {
  const hash = stored || nobody
  return crypto.timingSafeEqual(Buffer.from(hashed(password, hash.split('$')[0])), Buffer.from(hash)) && Boolean(stored)
}

// Moments that are counted by key; how long no more are looked at.
const moments = new Map()
const pause = (key, most, seconds = 60) => {
  const recent = (moments.get(key) || []).filter((moment) => Date.now() - moment < seconds * 1000)
  moments.set(key, recent)
  return recent.length >= most ? Math.ceil((seconds * 1000 - (Date.now() - recent[0])) / 1000) : 0
}
const note = (key) => moments.set(key, [...(moments.get(key) || []), Date.now()])
const forget = (key) => moments.delete(key)

// Requests of an address: a burst, then so many a second.
const levels = new Map()
const admits = (address, burst = 200, rate = 120) => {
  const [level, moment] = levels.get(address) || [burst, Date.now()]
  const now = Math.min(burst, level + ((Date.now() - moment) / 1000) * rate)
  levels.set(address, [now >= 1 ? now - 1 : now, Date.now()])
  return now >= 1
}

const text = (value, name, longest, fallback) => {
  const found = value === undefined ? fallback : value
  if (typeof found !== 'string' || found.length > longest || (!found.length && fallback === undefined) || /[\0-\x1f]/.test(found) || !found.isWellFormed()) throw new Refused(422, `${name} is not valid`)
  return found
}

const whole = (value, name, least, most) => {
  if (!Number.isInteger(value) || value < least || value > most) throw new Refused(422, `${name} is not valid`)
  return value
}

module.exports = { configuration, weak, Refused, hashed, fits, pause, note, forget, admits, text, whole }
