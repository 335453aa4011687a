import type { Operation } from '../gateway/service.ts'
import type { Context } from './context.ts'
import { batchDescribeMergeConflicts } from './operations/batch-describe-merge-conflicts.ts'
import { batchGetCommits } from './operations/batch-get-commits.ts'
import { batchGetRepositories } from './operations/batch-get-repositories.ts'
import { createBranch } from './operations/create-branch.ts'
import { createCommit } from './operations/create-commit.ts'
import { createRepository } from './operations/create-repository.ts'
import { createUnreferencedMergeCommit } from './operations/create-unreferenced-merge-commit.ts'
import { deleteBranch } from './operations/delete-branch.ts'
import { deleteFile } from './operations/delete-file.ts'
import { deleteRepository } from './operations/delete-repository.ts'
import { describeMergeConflicts } from './operations/describe-merge-conflicts.ts'
import { getBlob } from './operations/get-blob.ts'
import { getBranch } from './operations/get-branch.ts'
import { getCommit } from './operations/get-commit.ts'
import { getDifferences } from './operations/get-differences.ts'
import { getFile } from './operations/get-file.ts'
import { getFolder } from './operations/get-folder.ts'
import { getMergeCommit } from './operations/get-merge-commit.ts'
import { getMergeConflicts } from './operations/get-merge-conflicts.ts'
import { getMergeOptions } from './operations/get-merge-options.ts'
import { getRepository } from './operations/get-repository.ts'
import { getRepositoryTriggers } from './operations/get-repository-triggers.ts'
import { listBranches } from './operations/list-branches.ts'
import { listFileCommitHistory } from './operations/list-file-commit-history.ts'
import { listRepositories } from './operations/list-repositories.ts'
import { listTagsForResource } from './operations/list-tags-for-resource.ts'
import { mergeBranches } from './operations/merge-branches.ts'
import { putFile } from './operations/put-file.ts'
import { putRepositoryTriggers } from './operations/put-repository-triggers.ts'
import { tagResource } from './operations/tag-resource.ts'
import { testRepositoryTriggers } from './operations/test-repository-triggers.ts'
import { untagResource } from './operations/untag-resource.ts'
import { updateDefaultBranch } from './operations/update-default-branch.ts'
import { updateRepositoryDescription } from './operations/update-repository-description.ts'
import { updateRepositoryEncryptionKey } from './operations/update-repository-encryption-key.ts'
import { updateRepositoryName } from './operations/update-repository-name.ts'
import { reviewOperationsOf } from './review-operations.ts'

/** Every operation of the API that this CodeCommit has. */
export const operationsOf = (context: Context): Readonly<Record<string, Operation>> => ({
  BatchDescribeMergeConflicts: batchDescribeMergeConflicts(context),
  BatchGetCommits: batchGetCommits(context),
  BatchGetRepositories: batchGetRepositories(context),
  CreateBranch: createBranch(context),
  CreateCommit: createCommit(context),
  CreateRepository: createRepository(context),
  CreateUnreferencedMergeCommit: createUnreferencedMergeCommit(context),
  DeleteBranch: deleteBranch(context),
  DeleteFile: deleteFile(context),
  DeleteRepository: deleteRepository(context),
  DescribeMergeConflicts: describeMergeConflicts(context),
  GetBlob: getBlob(context),
  GetBranch: getBranch(context),
  GetCommit: getCommit(context),
  GetDifferences: getDifferences(context),
  GetFile: getFile(context),
  GetFolder: getFolder(context),
  GetMergeCommit: getMergeCommit(context),
  GetMergeConflicts: getMergeConflicts(context),
  GetMergeOptions: getMergeOptions(context),
  GetRepository: getRepository(context),
  GetRepositoryTriggers: getRepositoryTriggers(context),
  ListBranches: listBranches(context),
  ListFileCommitHistory: listFileCommitHistory(context),
  ListRepositories: listRepositories(context),
  ListTagsForResource: listTagsForResource(context),
  MergeBranchesByFastForward: mergeBranches(context, 'FAST_FORWARD_MERGE'),
  MergeBranchesBySquash: mergeBranches(context, 'SQUASH_MERGE'),
  MergeBranchesByThreeWay: mergeBranches(context, 'THREE_WAY_MERGE'),
  PutFile: putFile(context),
  PutRepositoryTriggers: putRepositoryTriggers(context),
  TagResource: tagResource(context),
  TestRepositoryTriggers: testRepositoryTriggers(context),
  UntagResource: untagResource(context),
  UpdateDefaultBranch: updateDefaultBranch(context),
  UpdateRepositoryDescription: updateRepositoryDescription(context),
  UpdateRepositoryEncryptionKey: updateRepositoryEncryptionKey(context),
  UpdateRepositoryName: updateRepositoryName(context),
  ...reviewOperationsOf(context),
})
