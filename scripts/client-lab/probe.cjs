// Tries settings of Node.js clients against the laboratory's servers: jobs as JSON from stdin, outcomes as JSON to stdout.
// All jobs of one process share its environment; whoever calls gives jobs with different environments to different processes.
'use strict'
const fs = require('fs')
const { createRequire } = require('module')

const SECONDS = 15
const POSTGRES = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()'
const MYSQL = "show status like 'Ssl_cipher'"
const order = JSON.parse(fs.readFileSync(0, 'utf8'))
const load = createRequire(order.modules + '/')

const split = ({ url, ...more }) => [url, more]
const promised = call => new Promise((resolve, reject) => call((error, value) => (error ? reject(error) : resolve(value))))

async function pg(options, at) {
  const [url, more] = split(options)
  const { Client } = load('pg')
  const client = new Client(url ? { connectionString: url, ...more } : { host: at.host, port: at.port, user: 'u', database: 'postgres', ...more })
  client.on('error', () => {})
  await client.connect()
  const answer = await client.query(POSTGRES)
  await client.end()
  return answer.rows[0].ssl
}

async function postgres(options, at) {
  const [url, more] = split(options)
  const made = load('postgres')
  const settings = { max: 1, connect_timeout: 5, ...more }
  const sql = url ? made(url, settings) : made({ host: at.host, port: at.port, user: 'u', database: 'postgres', ...settings })
  try {
    return (await sql.unsafe(POSTGRES))[0].ssl
  } finally {
    await sql.end({ timeout: 1 }).catch(() => {})
  }
}

async function mysql2(options, at) {
  const [url, more] = split(options)
  const client = load('mysql2').createConnection(url || { host: at.host, port: at.port, user: 'u', ...more })
  client.on('error', () => {})
  const rows = await promised(done => client.query(MYSQL, done))
  client.destroy()
  return rows[0].Value !== ''
}

async function mysql(options, at) {
  const client = load('mysql').createConnection({ host: at.host, port: at.port, user: 'u', ...options })
  client.on('error', () => {})
  const rows = await promised(done => client.query(MYSQL, done))
  client.destroy()
  return rows[0].Value !== ''
}

async function mariadb(options, at) {
  const client = await load('mariadb').createConnection({ host: at.host, port: at.port, user: 'u', connectTimeout: 5000, ...options })
  const rows = await client.query(MYSQL)
  client.destroy()
  return rows[0].Value !== ''
}

const sequelize = dialect => async (options, at) => {
  const [url, more] = split(options)
  const { Sequelize } = load('sequelize')
  const settings = { dialect, logging: false, retry: { max: 1 }, ...more }
  const database = dialect === 'mysql' ? 'test' : 'postgres'
  const client = url ? new Sequelize(url, settings) : new Sequelize(database, 'u', '', { host: at.host, port: at.port, ...settings })
  const [rows] = await client.query(dialect === 'mysql' ? MYSQL : POSTGRES)
  return dialect === 'mysql' ? rows[0].Value !== '' : rows[0].ssl
}

const knex = kind => async (options, at) => {
  const [url, more] = split(options)
  const database = kind === 'pg' ? 'postgres' : 'test'
  const connection = url ? { connectionString: url, ...more } : { host: at.host, port: at.port, user: 'u', database, ...more }
  const client = load('knex')({ client: kind, connection, pool: { min: 0, max: 1 }, acquireConnectionTimeout: 5000 })
  const answer = await client.raw(kind === 'pg' ? POSTGRES : MYSQL)
  await client.destroy()
  return kind === 'pg' ? answer.rows[0].ssl : answer[0][0].Value !== ''
}

const typeorm = type => async (options, at) => {
  load('reflect-metadata')
  const { DataSource } = load('typeorm')
  const database = type === 'postgres' ? 'postgres' : 'test'
  const source = new DataSource({ type, host: at.host, port: at.port, username: 'u', database, ...options })
  await source.initialize()
  const rows = await source.query(type === 'postgres' ? POSTGRES : MYSQL)
  await source.destroy()
  return type === 'postgres' ? rows[0].ssl : rows[0].Value !== ''
}

const clients = {
  pg, postgres, mysql2, mysql, mariadb, 'sequelize-pg': sequelize('postgres'), 'sequelize-mysql': sequelize('mysql'), 'knex-pg': knex('pg'),
  'knex-mysql2': knex('mysql2'), 'typeorm-pg': typeorm('postgres'), 'typeorm-mysql': typeorm('mysql'),
}

async function attempt(job, server) {
  const at = { host: order.host, port: order.ports[job.server][server] }
  const URL = `${job.server === 'postgres' ? 'postgres' : 'mysql'}://u${job.server === 'postgres' ? '' : ':'}@${at.host}:${at.port}`
  const CA = fs.readFileSync(order.ca, 'utf8')
  let timer
  try {
    const options = new Function('URL', 'CA', 'CAFILE', `return (${job.code})`)(URL, CA, order.ca)
    const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error('no answer in time')), SECONDS * 1000)))
    return (await Promise.race([clients[job.client](options, at), late])) ? 'tls' : 'plain'
  } catch (error) {
    return `refuses ${error.code || error.name || ''}: ${error.message || error}`.replace(/\s+/g, ' ').slice(0, 300)
  } finally {
    clearTimeout(timer)
  }
}

// What clients print is not an outcome.
for (const name of ['log', 'info', 'warn', 'error', 'debug']) console[name] = () => {}
process.on('uncaughtException', () => {})
process.on('unhandledRejection', () => {})
;(async () => {
  for (const job of order.jobs) {
    const outcomes = {}
    for (const server of ['good', 'plain', 'evil', 'wrong']) outcomes[server] = await attempt(job, server)
    fs.writeSync(1, JSON.stringify({ id: job.id, outcomes }) + '\n')
  }
  process.exit(0)
})()
