import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Cloud } from '../../local/cloud.ts'

/**
 * The heads and tags that a repository of the cloud advertises, by one request and without a process: for whoever asks again and
 * again until something changes. What it changed to is git's to say.
 * @returns a line for each ref, '' for none and for a repository that is not there; undefined when the answer is another
 */
export const advertised = async (
  cloud: Cloud,
  region: string,
  repository: string,
): Promise<string | undefined> => {
  const { host, pathname } = new URL(cloud.gitUrl(region, repository))
  const { gitUserName, gitPassword } = cloud.access[0] ?? {}
  const asking = request({
    agent: false,
    host: '127.0.0.1',
    port: cloud.port,
    path: `${pathname}/info/refs?service=git-upload-pack`,
    headers: { host },
    auth: `${gitUserName}:${gitPassword}`,
  }).end()
  return new Promise((done, fail) => {
    asking.on('error', fail)
    asking.on('response', (response) => {
      const status = response.statusCode ?? 0
      const isRead = text(response)
      if (status === 200) isRead.then((body) => done((body.match(REF) ?? []).join('\n')), fail)
      else isRead.then(() => done(status === 404 ? '' : undefined), fail)
    })
  })
}

const REF = /[0-9a-f]{40} refs\/(?:heads|tags)\/[^\0\n]+/g
