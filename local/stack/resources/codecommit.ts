import { type Handler, type Handlers, unless } from '../handler.ts'
import { defined, needText, objects, tagMap, text } from '../properties.ts'

const repository: Handler = {
  apply: async ({ properties }, context) => {
    const repositoryName = needText(properties, 'RepositoryName')
    const repositoryDescription = text(properties, 'RepositoryDescription')
    const created = await unless(
      ['RepositoryNameExists'],
      context.call(
        'codecommit',
        'CreateRepository',
        defined({
          repositoryName,
          repositoryDescription,
          tags: tagMap(properties),
          kmsKeyId: text(properties, 'KmsKeyId'),
        }),
      ),
    )
    if (!created)
      await context.call('codecommit', 'UpdateRepositoryDescription', {
        repositoryName,
        repositoryDescription: repositoryDescription ?? '',
      })
    const triggers = objects(properties, 'Triggers').map((trigger) => ({
      name: needText(trigger, 'Name'),
      destinationArn: needText(trigger, 'DestinationArn'),
      customData: text(trigger, 'CustomData') ?? '',
      branches: trigger.Branches ?? [],
      events: trigger.Events ?? ['all'],
    }))
    if (properties.Triggers !== undefined)
      await context.call('codecommit', 'PutRepositoryTriggers', { repositoryName, triggers })
    const { repositoryMetadata: made } = await context.call('codecommit', 'GetRepository', { repositoryName })
    return {
      physicalId: made.repositoryId,
      attributes: {
        Arn: made.Arn,
        Name: repositoryName,
        CloneUrlHttp: made.cloneUrlHttp ?? '',
        CloneUrlSsh: made.cloneUrlSsh ?? '',
      },
    }
  },
  remove: async ({ properties }, context) => {
    await context.call('codecommit', 'DeleteRepository', {
      repositoryName: needText(properties, 'RepositoryName'),
    })
  },
}

export const codecommitHandlers: Handlers = { 'AWS::CodeCommit::Repository': repository }
