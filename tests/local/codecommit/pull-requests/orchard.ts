import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect } from '@jest/globals'
import type { CodeCommitOptions } from '../../../../local/codecommit/codecommit.ts'
import type { Caller } from '../../../../local/gateway/service.ts'
import { ACCOUNT, createClient, type Harness, startHarness } from '../harness.ts'

export const user = (name: string, account = ACCOUNT): Caller => ({
  account,
  arn: `arn:aws:iam::${account}:user/${name}`,
  userId: `AIDA${name.toUpperCase()}`,
  kind: 'user',
})

export const session = (role: string, name: string, tags?: Caller['tags']): Caller => ({
  account: ACCOUNT,
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${name}`,
  userId: `AROA${role.toUpperCase()}:${name}`,
  kind: 'role',
  ...(tags && { tags }),
})

export interface Repo {
  readonly name: string
  readonly work: string
  /** a commit on top of a branch (made from `main` when new), pushed: its id */
  commit(branch: string, files?: Record<string, string>): Promise<string>
  /** refspecs as they are */
  push(...refspecs: string[]): Promise<void>
  git(...args: string[]): Promise<string>
  /** opens a pull request into `main` */
  open(branch: string, more?: object, caller?: Caller): Promise<Opened>
}

// biome-ignore lint/suspicious/noExplicitAny: outputs are the SDK's
type Opened = any

export interface Orchard extends Harness {
  repo(name: string): Promise<Repo>
  /** what an operation throws: name of the exception without its suffix, or undefined */
  refusal(operation: string, input: object, caller?: Caller): Promise<string | undefined>
  /** details of the events told since the last call, of one event name when given */
  told(event?: string): Record<string, unknown>[]
  end(): Promise<void>
}

/** A CodeCommit with a developer beside it. */
export const startOrchard = async (options: Partial<CodeCommitOptions> = {}): Promise<Orchard> => {
  const cloud = await startHarness(options)
  const client = createClient()
  const repo = async (name: string): Promise<Repo> => {
    await cloud.call('CreateRepository', { repositoryName: name })
    const work = await client.work(name)
    const git = (...args: string[]) => client.must(work, ...args)
    const push = async (...refspecs: string[]) => {
      await git('push', '-q', '--force', cloud.url(name), ...refspecs)
    }
    await push('main')
    const commit = async (branch: string, files: Record<string, string> = {}) => {
      const known = await client.git(work, 'rev-parse', '-q', '--verify', `refs/heads/${branch}`)
      await git('checkout', '-q', ...(known.code === 0 ? [branch] : ['-b', branch, 'main']))
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(work, path)), { recursive: true })
        await writeFile(join(work, path), text)
      }
      await git('add', '.')
      await git('commit', '-q', '--allow-empty', '-m', `on ${branch}`)
      await push(branch)
      return git('rev-parse', branch)
    }
    const open = async (branch: string, more: object = {}, caller?: Caller) => {
      const targets = [{ repositoryName: name, sourceReference: branch, destinationReference: 'main' }]
      const input = { title: `from ${branch}`, targets, ...more }
      return (await cloud.call('CreatePullRequest', input, caller)).pullRequest
    }
    return { name, work, git, push, commit, open }
  }
  let read = 0
  return {
    ...cloud,
    repo,
    refusal: async (operation, input, caller) => {
      try {
        await cloud.call(operation, input, caller)
        return undefined
      } catch (error) {
        expect(error).toMatchObject({ status: 400, message: expect.stringMatching(/\S/) })
        return (error as { code: string }).code.replace(/Exception$/, '')
      }
    },
    told: (event) => {
      const details = cloud.events.slice(read).map(({ detail }) => detail as Record<string, unknown>)
      read = cloud.events.length
      return event === undefined ? details : details.filter((detail) => detail.event === event)
    },
    end: async () => {
      await cloud.stop()
      client.remove()
    },
  }
}

export const rule = (needed: number, pool?: string[]): string =>
  JSON.stringify({
    Version: '2018-11-08',
    Statements: [
      { Type: 'Approvers', NumberOfApprovalsNeeded: needed, ...(pool && { ApprovalPoolMembers: pool }) },
    ],
  })

export const template = (needed: number, destinations?: string[], pool?: string[]): string =>
  JSON.stringify({
    Version: '2018-11-08',
    ...(destinations && { DestinationReferences: destinations }),
    Statements: [
      { Type: 'Approvers', NumberOfApprovalsNeeded: needed, ...(pool && { ApprovalPoolMembers: pool }) },
    ],
  })
