import type { Operation } from '../gateway/service.ts'
import type { Context } from './context.ts'
import { batchGetCommits } from './operations/batch-get-commits.ts'
import { batchGetRepositories } from './operations/batch-get-repositories.ts'
import { createBranch } from './operations/create-branch.ts'
import { createRepository } from './operations/create-repository.ts'
import { deleteBranch } from './operations/delete-branch.ts'
import { deleteRepository } from './operations/delete-repository.ts'
import { getBranch } from './operations/get-branch.ts'
import { getCommit } from './operations/get-commit.ts'
import { getRepository } from './operations/get-repository.ts'
import { getRepositoryTriggers } from './operations/get-repository-triggers.ts'
import { listBranches } from './operations/list-branches.ts'
import { listRepositories } from './operations/list-repositories.ts'
import { listTagsForResource } from './operations/list-tags-for-resource.ts'
import { putRepositoryTriggers } from './operations/put-repository-triggers.ts'
import { tagResource } from './operations/tag-resource.ts'
import { testRepositoryTriggers } from './operations/test-repository-triggers.ts'
import { untagResource } from './operations/untag-resource.ts'
import { updateDefaultBranch } from './operations/update-default-branch.ts'
import { updateRepositoryDescription } from './operations/update-repository-description.ts'
import { updateRepositoryName } from './operations/update-repository-name.ts'
import { reviewOperationsOf } from './review-operations.ts'

/** Every operation of the API that this CodeCommit has. */
export const operationsOf = (context: Context): Readonly<Record<string, Operation>> => ({
  BatchGetCommits: batchGetCommits(context),
  BatchGetRepositories: batchGetRepositories(context),
  CreateBranch: createBranch(context),
  CreateRepository: createRepository(context),
  DeleteBranch: deleteBranch(context),
  DeleteRepository: deleteRepository(context),
  GetBranch: getBranch(context),
  GetCommit: getCommit(context),
  GetRepository: getRepository(context),
  GetRepositoryTriggers: getRepositoryTriggers(context),
  ListBranches: listBranches(context),
  ListRepositories: listRepositories(context),
  ListTagsForResource: listTagsForResource(context),
  PutRepositoryTriggers: putRepositoryTriggers(context),
  TagResource: tagResource(context),
  TestRepositoryTriggers: testRepositoryTriggers(context),
  UntagResource: untagResource(context),
  UpdateDefaultBranch: updateDefaultBranch(context),
  UpdateRepositoryDescription: updateRepositoryDescription(context),
  UpdateRepositoryName: updateRepositoryName(context),
  ...reviewOperationsOf(context),
})
