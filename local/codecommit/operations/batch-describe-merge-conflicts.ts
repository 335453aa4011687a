import type {
  BatchDescribeMergeConflictsInput,
  BatchDescribeMergeConflictsOutput,
} from '@aws-sdk/client-codecommit'
import { AwsError, type Call } from '../../gateway/service.ts'
import { bareOf, type Context } from '../context.ts'
import { filePath, joinPath } from '../files/paths.ts'
import { conflictsBetween, mergeSettings, type PathConflict } from '../merging/merging.ts'
import { unchallenged } from '../merging/unchallenged.ts'
import { withObjects } from '../objects/objects.ts'
import { wireName } from '../objects/trees.ts'
import { page, pageSize } from '../paging.ts'
import { existing } from '../validate.ts'
import { endsOf } from './merge-branches.ts'

type Failure = { filePath: string; exceptionName: string; message: string }

/** All files in conflict, or those of them that are named, each with its hunks up to a number; named files that are nowhere are errors. */
export const batchDescribeMergeConflicts =
  (context: Context) =>
  async (input: BatchDescribeMergeConflictsInput, call: Call): Promise<BatchDescribeMergeConflictsOutput> => {
    const repository = existing(context, call, input.repositoryName)
    const settings = mergeSettings(input, undefined, ['FAST_FORWARD_MERGE'])
    const { limits } = context
    const files = pageSize(input.maxConflictFiles, limits.entriesPerPage, 'InvalidMaxConflictFiles')
    const hunks = pageSize(input.maxMergeHunks, limits.entriesPerPage, 'InvalidMaxMergeHunks')
    const named = input.filePaths?.length ? readPaths(input.filePaths) : undefined
    const ends = await endsOf(context, repository, input)
    let nextToken: string | undefined
    let inConflict: readonly string[] = []
    const pick = (all: readonly PathConflict[]) => {
      inConflict = all.map(({ path }) => path)
      const wanted = named === undefined ? all : all.filter(({ path }) => named.paths.includes(path))
      const shown = page(wanted, {
        size: files,
        scope: `BatchDescribeMergeConflicts ${repository.id} ${JSON.stringify({ ...settings, ...ends, named })}`,
        token: input.nextToken,
        placeOf: ({ path }) => path,
      })
      nextToken = shown.nextToken
      return shown.items
    }
    const found = await conflictsBetween(context, repository, { ...settings, ...ends }, pick)
    const commits = { ...ends, ...(found.baseCommitId && { base: found.baseCommitId }) }
    const others = (named?.paths ?? []).filter((path) => !inConflict.includes(path))
    const missing = await withObjects(context, bareOf(context, repository).directory, async (objects) => {
      const there = await Promise.all(others.map((path) => unchallenged(objects, commits, path)))
      return others.filter((_, index) => there[index] === undefined)
    })
    return {
      conflicts: found.conflicts.map((conflict) => ({
        ...conflict,
        mergeHunks: conflict.mergeHunks?.slice(0, hunks),
      })),
      ...(nextToken !== undefined && { nextToken }),
      errors: [...(named?.failures ?? []), ...missing.map(notThere)],
      destinationCommitId: ends.destination,
      sourceCommitId: ends.source,
      ...(found.baseCommitId !== undefined && { baseCommitId: found.baseCommitId }),
    }
  }

const readPaths = (texts: readonly string[]): { paths: string[]; failures: Failure[] } => {
  const paths: string[] = []
  const failures: Failure[] = []
  for (const text of new Set(texts)) {
    try {
      paths.push(joinPath(filePath(text)))
    } catch (error) {
      if (!(error instanceof AwsError)) throw error
      failures.push({ filePath: text, exceptionName: error.code, message: error.message })
    }
  }
  return { paths, failures }
}

const notThere = (path: string): Failure => {
  const filePath = wireName(path)
  return {
    filePath,
    exceptionName: 'FileDoesNotExistException',
    message: `Could not find path ${filePath}`,
  }
}
