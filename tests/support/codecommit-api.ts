import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { initBare, readRefs } from './loose.ts'

export interface ApiCall {
  readonly operation: string
  readonly region: string
  readonly user: string
  readonly input: Record<string, string>
}

export interface CodeCommitApi {
  readonly calls: ApiCall[]
  /** name of an exception, or a status without a body, that an operation answers with from now on; undefined ends it */
  fail(operation: string, answer: string | number | undefined): void
  describe(region: string, name: string, description: string): void
  handle(request: IncomingMessage, response: ServerResponse): void
}

const NAMES_PER_PAGE = 2

/**
 * Just enough of CodeCommit's API (JSON 1.1) and of STS's AssumeRole for tests, over the same bare repositories that
 * `git-server.ts` serves: existence is a folder, the default branch is HEAD.
 */
export const codeCommitApi = (
  root: string,
  roleCredentials: (role: string) => RoleCredentials,
): CodeCommitApi => {
  const calls: ApiCall[] = []
  const failures = new Map<string, string | number>()
  const descriptions = new Map<string, string>()

  const operations: Record<string, (region: string, input: Record<string, string>) => object> = {
    GetRepository: (region, { repositoryName = '' }) => {
      const folder = existing(root, region, repositoryName)
      const head = readFileSync(join(folder, 'HEAD'), 'utf8').replace('ref: ', '').trim()
      const born = readRefs(folder).has(head)
      return {
        repositoryMetadata: {
          repositoryName,
          repositoryDescription: descriptions.get(`${region}/${repositoryName}`),
          ...(born && { defaultBranch: head.replace('refs/heads/', '') }),
        },
      }
    },
    CreateRepository: (region, { repositoryName = '', repositoryDescription }) => {
      if (existsSync(join(root, region, repositoryName))) throw new Failure('RepositoryNameExistsException')
      makeRepository(root, region, repositoryName)
      if (repositoryDescription) descriptions.set(`${region}/${repositoryName}`, repositoryDescription)
      return { repositoryMetadata: { repositoryName } }
    },
    DeleteRepository: (region, { repositoryName = '' }) => {
      const folder = join(root, region, repositoryName)
      if (!existsSync(folder)) return {}
      rmSync(folder, { recursive: true })
      return { repositoryId: repositoryName }
    },
    UpdateDefaultBranch: (region, { repositoryName = '', defaultBranchName }) => {
      const folder = existing(root, region, repositoryName)
      const ref = `refs/heads/${defaultBranchName}`
      if (!readRefs(folder).has(ref)) throw new Failure('BranchDoesNotExistException')
      writeFileSync(join(folder, 'HEAD'), `ref: ${ref}\n`)
      return {}
    },
    ListRepositories: (region, { nextToken = '0' }) => {
      const folder = join(root, region)
      const names = existsSync(folder) ? readdirSync(folder).sort() : []
      const from = Number(nextToken)
      const repositories = names
        .slice(from, from + NAMES_PER_PAGE)
        .map((repositoryName) => ({ repositoryName, repositoryId: repositoryName }))
      const more = from + NAMES_PER_PAGE < names.length
      return { repositories, ...(more && { nextToken: String(from + NAMES_PER_PAGE) }) }
    },
  }

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request)
    const scope = /Credential=([^/]+)\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? '')
    const [, user = '', region = ''] = scope ?? []
    const target = request.headers['x-amz-target']
    const input = target ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body))
    const operation = target ? String(target).split('.')[1]! : input.Action
    calls.push({ operation, region, user, input })
    const failure = failures.get(operation)
    if (typeof failure === 'number') return void response.writeHead(failure).end()
    try {
      if (failure) throw new Failure(failure)
      if (operation === 'AssumeRole') {
        response.writeHead(200, { 'content-type': 'text/xml' })
        return void response.end(assumeRoleXml(roleCredentials(input.RoleArn)))
      }
      const output = JSON.stringify(operations[operation]!(region, input))
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(output)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      if (!target) {
        const words = `<ErrorResponse><Error><Code>${error.name}</Code><Message>no</Message></Error></ErrorResponse>`
        return void response.writeHead(403, { 'content-type': 'text/xml' }).end(words)
      }
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' })
      response.end(JSON.stringify({ __type: error.name, message: 'refused by the test' }))
    }
  }

  return {
    calls,
    fail: (operation, name) => void (name ? failures.set(operation, name) : failures.delete(operation)),
    describe: (region, name, description) => void descriptions.set(`${region}/${name}`, description),
    handle: (request, response) => void answer(request, response),
  }
}

export interface RoleCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiration: string
}

/** An empty bare repository where the servers look for it. */
export const makeRepository = (root: string, region: string, name: string): string => {
  const folder = join(root, region, name)
  initBare(folder)
  return folder
}

class Failure extends Error {
  constructor(name: string) {
    super(name)
    this.name = name
  }
}

const existing = (root: string, region: string, name: string): string => {
  const folder = join(root, region, name)
  if (!existsSync(folder)) throw new Failure('RepositoryDoesNotExistException')
  return folder
}

const assumeRoleXml = ({ accessKeyId, secretAccessKey, sessionToken, expiration }: RoleCredentials): string =>
  `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>` +
  `<AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey>` +
  `<SessionToken>${sessionToken}</SessionToken><Expiration>${expiration}</Expiration>` +
  `</Credentials></AssumeRoleResult></AssumeRoleResponse>`
