import type { CreateCommitInput, CreateCommitOutput, FileMetadata } from '@aws-sdk/client-codecommit'
import type { Call } from '../../gateway/service.ts'
import { bareOf, type Context } from '../context.ts'
import { authorOf, messageOf } from '../files/author.ts'
import { commitDraft, draftOf, openPlace, parentId } from '../files/branch.ts'
import { fileAt, keepFolders, placeFor } from '../files/edit.ts'
import { checkedEntries, type Entries, type Put } from '../files/entries.ts'
import { joinPath } from '../files/paths.ts'
import type { Draft } from '../objects/draft.ts'
import { withObjects } from '../objects/objects.ts'
import { type Entry, nameOfMode, sameEntry, wireName } from '../objects/trees.ts'
import type { Objects } from '../objects/types.ts'
import { branchName, existing, reject } from '../validate.ts'

/** One commit that adds, replaces, copies, moves and deletes files, and changes their modes. */
export const createCommit =
  (context: Context) =>
  async (input: CreateCommitInput, call: Call): Promise<CreateCommitOutput> => {
    const repository = existing(context, call, input.repositoryName)
    const parent = parentId(input.parentCommitId)
    const branch = branchName(input.branchName)
    const entries = checkedEntries(input)
    const author = authorOf(call.caller.arn, input.authorName, input.email)
    messageOf(input.commitMessage, '')
    const bare = bareOf(context, repository)
    return withObjects(context, bare.directory, async (objects) => {
      const place = await openPlace(context, repository, objects, { branch, parent })
      const draft = await draftOf(objects, place)
      const done = await apply(objects, draft, entries, input.keepEmptyFolders ?? false)
      const made = await commitDraft(context, repository, call, objects, {
        place,
        draft,
        author,
        message: messageOf(input.commitMessage, defaultMessage(done)),
        unchanged: () => reject('NoChange', 'The commit would change nothing in the repository.'),
      })
      return {
        commitId: made.commitId,
        treeId: made.treeId,
        filesAdded: done.added,
        filesUpdated: done.updated,
        filesDeleted: done.deleted,
      }
    })
  }

interface Done {
  readonly added: FileMetadata[]
  readonly updated: FileMetadata[]
  readonly deleted: FileMetadata[]
}

/** Deletions and moves away first: what they leave free may be put to use in the same commit. Sources are those of the parent. */
const apply = async (
  objects: Objects,
  draft: Draft,
  { puts, deletes, modes }: Entries,
  keepEmpty: boolean,
): Promise<Done> => {
  const done: Done = { added: [], updated: [], deleted: [] }
  const prepared: { put: Put; entry: Entry }[] = []
  for (const put of puts) prepared.push({ put, entry: await entryOf(objects, draft, put) })
  const before = new Map<Put, Entry | undefined>()
  for (const put of puts) before.set(put, fileOnly(await draft.at(put.path)))
  const settings: { path: readonly string[]; entry: Entry; mode: string }[] = []
  for (const { path, mode } of modes) settings.push({ path, entry: await fileAt(draft, path), mode })
  const gone = [...deletes, ...puts.flatMap(({ source }) => (source?.move ? [source.path] : []))]
  for (const path of gone) {
    done.deleted.push(metadata(path, await fileAt(draft, path)))
    await draft.remove(path)
  }
  for (const { put, entry } of prepared) {
    await placeFor(draft, put.path)
    await draft.put(put.path, entry)
    const old = before.get(put)
    if (!sameEntry(old, entry))
      (old === undefined ? done.added : done.updated).push(metadata(put.path, entry))
  }
  for (const { path, entry, mode } of settings) {
    await draft.put(path, { ...entry, mode })
    if (entry.mode !== mode) done.updated.push(metadata(path, { ...entry, mode }))
  }
  if (keepEmpty) {
    const kept = await keepFolders(objects, draft, gone)
    done.added.push(...kept.map(({ path, entry }) => metadata(path, entry)))
  }
  return done
}

const fileOnly = (entry: Entry | 'folder' | undefined) => (entry === 'folder' ? undefined : entry)

/** Without a mode a copy has its source's, an existing file keeps its own (inferred). */
const entryOf = async (
  objects: Objects,
  draft: Draft,
  { path, mode, content, source }: Put,
): Promise<Entry> => {
  if (source !== undefined) {
    const file = await fileAt(draft, source.path)
    return { id: file.id, mode: mode ?? file.mode }
  }
  const id = await objects.write('blob', Buffer.from(content ?? []))
  return { id, mode: mode ?? fileOnly(await draft.at(path))?.mode ?? '100644' }
}

const metadata = (path: readonly string[], { id, mode }: Entry): FileMetadata => ({
  absolutePath: wireName(joinPath(path)),
  blobId: id,
  fileMode: nameOfMode(mode),
})

const defaultMessage = ({ added, updated, deleted }: Done): string => {
  const [first, ...rest] = [
    ...added.map(({ absolutePath }) => `Added ${absolutePath}`),
    ...updated.map(({ absolutePath }) => `Edited ${absolutePath}`),
    ...deleted.map(({ absolutePath }) => `Deleted ${absolutePath}`),
  ]
  return rest.length === 0 ? (first ?? '') : `Changed ${rest.length + 1} files`
}
