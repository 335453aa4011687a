import fs from 'node:fs'
import { dirname } from 'node:path'
import { openPack } from '../../../shared/git/pack/open.ts'

// node pack-child.ts ours|isomorphic-git PACK: reads every object of a pack once; tells what it took, its start not counted.
const [, , reader, pack = ''] = process.argv

/** objects and bytes read */
type Read = { objects: number; bytes: number }

const ours = async (): Promise<Read> => {
  const opened = await openPack(fs.createReadStream(pack))
  const read = { objects: 0, bytes: 0 }
  for (const object of opened.walk()) {
    read.objects += 1
    if ('data' in object) read.bytes += object.data.length
    else for (const piece of object.pieces()) read.bytes += piece.length
  }
  await opened.close()
  return read
}

const isomorphicGit = async (): Promise<Read> => {
  const { default: git } = await import('isomorphic-git')
  const gitdir = dirname(dirname(dirname(pack)))
  const cache = {}
  const { oids } = await git.indexPack({
    fs,
    dir: gitdir,
    gitdir,
    filepath: pack.slice(gitdir.length + 1),
    cache,
  })
  const read = { objects: 0, bytes: 0 }
  for (const oid of oids) {
    const { object } = await git.readObject({ fs, dir: gitdir, gitdir, oid, format: 'content', cache })
    read.objects += 1
    read.bytes += (object as Uint8Array).length
  }
  return read
}

const before = process.cpuUsage()
const read = await (reader === 'ours' ? ours() : isomorphicGit())
const { user, system } = process.cpuUsage(before)
const { maxRSS } = process.resourceUsage()
process.stdout.write(JSON.stringify({ ...read, cpuMs: (user + system) / 1_000, peakMB: maxRSS / 1_024 }))
