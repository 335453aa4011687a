import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import {
  type Certificate,
  certificateNames,
  loadOrMakeCertificate,
} from '../../../local/gateway/certificate.ts'

const NOW = Date.parse('2031-05-17T09:04:33Z')
const DAY = 86_400_000
const names = certificateNames(['eu-west-1'])

let root: string
let folder: string
let made: Certificate
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'certificate-'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))
beforeEach(async () => {
  folder = mkdtempSync(join(root, 'state-'))
  made = await loadOrMakeCertificate(folder, names, NOW)
})

const again = (given = names, now = NOW) => loadOrMakeCertificate(folder, given, now)

test('names what clients ask for, and vouches for nobody else', () => {
  const read = new X509Certificate(made.cert)
  const hosts = [
    'localhost',
    'sqs.eu-west-1.amazonaws.com',
    'git-codecommit.eu-west-1.amazonaws.com',
    'git-codecommit.eu-west-1.amazonaws.com.localhost',
    'sts.amazonaws.com',
  ]
  for (const host of hosts) expect([host, read.checkHost(host)]).not.toEqual([host, undefined])
  for (const address of ['127.0.0.1', '::1']) expect(read.checkIP(address)).toBe(address)
  for (const host of ['git-codecommit.us-east-1.amazonaws.com', 'amazonaws.com', 'example.com'])
    expect(read.checkHost(host)).toBeUndefined()
  expect(read.ca).toBe(false)
  expect(read.verify(read.publicKey)).toBe(true)
})

test('its key is the owner’s alone', () => {
  expect(statSync(join(folder, 'tls-key.pem')).mode & 0o777).toBe(0o600)
  expect(readFileSync(made.certFile, 'utf8')).toBe(made.cert)
  expect(made.cert).not.toContain('PRIVATE KEY')
})

describe('taken up again', () => {
  test('the same, until shortly before its end', async () => {
    expect(await again()).toEqual(made)
    expect(await again(['localhost'])).toEqual(made)
    const end = Date.parse(new X509Certificate(made.cert).validTo)
    expect((await again(names, end - 15 * DAY)).cert).toBe(made.cert)
    const renewed = await again(names, end - 13 * DAY)
    expect(renewed.cert).not.toBe(made.cert)
    expect(await again(names, end - 13 * DAY)).toEqual(renewed)
  })

  test('made anew for other names, for a clock set back, and for files that are broken', async () => {
    const more = await again([...names, 'other.localhost'])
    expect(new X509Certificate(more.cert).checkHost('other.localhost')).toBe('other.localhost')
    expect((await again(names, NOW - 30 * DAY)).cert).not.toBe(more.cert)
    for (const file of ['tls-cert.pem', 'tls-key.pem']) {
      const before = await again()
      writeFileSync(join(folder, file), 'half a certifica')
      const after = await again()
      expect(after.cert).not.toBe(before.cert)
    }
    const other = await loadOrMakeCertificate(mkdtempSync(join(root, 'other-')), names, NOW)
    writeFileSync(join(folder, 'tls-key.pem'), other.key)
    const mended = await again()
    expect(mended.key).not.toBe(other.key)
  })

  test('a folder that cannot be read is told', async () => {
    const file = join(root, 'file')
    writeFileSync(file, '')
    await expect(loadOrMakeCertificate(file, names, NOW)).rejects.toMatchObject({ code: 'ENOTDIR' })
  })
})
