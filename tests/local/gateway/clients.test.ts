import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { writeProfiles } from '../../../local/state/write-profile.ts'
import { ACCOUNT, noSuchQueue, startWorld, type World } from './world.ts'

const run = promisify(execFile)

/** Whether a tool of the machine can be used. Absent: told on standard error, and a failure where all tools are required. */
const has = (name: string, command: string, args: string[]): boolean => {
  if (spawnSync(command, args).status === 0) return true
  if (process.env.RELAY_REQUIRE_TOOLS === '1') throw new Error(`${name} is required and not here`)
  process.stderr.write(`skipped: ${name} is not on this machine\n`)
  return false
}

const withCli = has('aws', 'aws', ['--version']) ? describe : describe.skip
const withBoto = has('python3 with boto3', 'python3', ['-c', 'import boto3']) ? describe : describe.skip

let world: World
let folder: string
let env: NodeJS.ProcessEnv
beforeAll(async () => {
  world = await startWorld()
  folder = mkdtempSync(join(tmpdir(), 'clients-'))
  const { credentialsFile, configFile } = writeProfiles(folder, [
    { name: 'relay', region: 'eu-west-1', endpointUrl: world.url, credentials: world.admin },
  ])
  env = {
    PATH: process.env.PATH,
    HOME: folder,
    AWS_SHARED_CREDENTIALS_FILE: credentialsFile,
    AWS_CONFIG_FILE: configFile,
    AWS_PROFILE: 'relay',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_MAX_ATTEMPTS: '1',
    AWS_PAGER: '',
  }
})
afterAll(async () => {
  await world.stop()
  rmSync(folder, { recursive: true, force: true })
})

withCli('AWS CLI, with the profile that the cloud writes', () => {
  const aws = async (...args: string[]) => {
    const { stdout } = await run('aws', args, { env })
    return stdout === '' ? {} : JSON.parse(stdout)
  }

  test('STS, IAM (query) and CodeCommit (JSON)', async () => {
    expect(await aws('sts', 'get-caller-identity')).toMatchObject({ Account: ACCOUNT })
    world.answers.set('GetRepository', () => ({
      repositoryMetadata: { repositoryName: 'x', creationDate: new Date('2031-05-17T09:04:33Z') },
    }))
    const { repositoryMetadata } = await aws('codecommit', 'get-repository', '--repository-name', 'x')
    expect(new Date(repositoryMetadata.creationDate * 1000 || repositoryMetadata.creationDate)).toEqual(
      new Date('2031-05-17T09:04:33Z'),
    )
    const trust = {
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' },
    }
    const json = JSON.stringify(trust)
    await aws('iam', 'create-role', '--role-name', 'cli', '--assume-role-policy-document', json)
    const { Role } = await aws('iam', 'get-role', '--role-name', 'cli')
    expect(Role.AssumeRolePolicyDocument).toEqual(trust)
  })

  test('SQS by --endpoint-url, and its error by the name that scripts look for', async () => {
    world.answers.set('SendMessage', () => {
      throw noSuchQueue()
    })
    const queue = `${world.url}/${ACCOUNT}/q`
    const sent = aws(
      'sqs',
      'send-message',
      '--queue-url',
      queue,
      '--message-body',
      'm',
      '--endpoint-url',
      world.url,
    )
    await expect(sent).rejects.toMatchObject({
      stderr: expect.stringContaining('(AWS.SimpleQueueService.NonExistentQueue)'),
    })
  })
})

withCli('AWS CLI, REST services', () => {
  test('Lambda and Scheduler', async () => {
    world.answers.set('Invoke', () => ({
      StatusCode: 200,
      FunctionError: 'Handled',
      Payload: Buffer.from('{"a":1}'),
    }))
    const script = `set -e
aws lambda invoke --function-name f --payload '{"x":1}' ${folder}/out.json
cat ${folder}/out.json
aws scheduler create-schedule --name s --schedule-expression 'rate(1 minute)' --flexible-time-window Mode=OFF --target '{"Arn":"arn:aws:sqs:eu-west-1:111111111111:q","RoleArn":"arn:aws:iam::111111111111:role/r"}'
aws lambda list-layers 2>&1 || true`
    const { stdout } = await run('sh', ['-c', script], { env })
    expect(stdout.replace(/\s+/g, ' ')).toContain('{ "StatusCode": 200, "FunctionError": "Handled" } {"a":1}')
    expect(stdout).toContain(
      '(UnknownOperationException) when calling the ListLayers operation: The local cloud does not serve lambda:ListLayers.',
    )
    const names = world.calls.map(({ call }) => call.operation)
    expect(names.slice(-2)).toEqual(['Invoke', 'CreateSchedule'])
  })
})

withBoto('boto3', () => {
  test('every protocol, and errors by name', async () => {
    world.answers.set('SendMessage', () => ({ MessageId: 'm' }))
    world.answers.set('GetTopicAttributes', () => ({ Attributes: { a: '1' } }))
    const script = `
import boto3, json
from botocore.exceptions import ClientError
out = {}
out['who'] = boto3.client('sts').get_caller_identity()['Account']
out['topic'] = boto3.client('sns').get_topic_attributes(TopicArn='t')['Attributes']
out['publish'] = boto3.client('sns').publish(TopicArn='t', Message='ü&<', MessageAttributes={'a b': {'DataType': 'String', 'StringValue': 'x/y'}})['ResponseMetadata']['HTTPStatusCode']
out['events'] = boto3.client('events').put_events(Entries=[{'Source': 's', 'DetailType': 'd', 'Detail': '{}'}])['ResponseMetadata']['HTTPStatusCode']
out['ecs'] = boto3.client('ecs').run_task(taskDefinition='t')['ResponseMetadata']['HTTPStatusCode']
table = boto3.client('dynamodb')
table.create_table(TableName='boto', BillingMode='PAY_PER_REQUEST', AttributeDefinitions=[{'AttributeName': 'k', 'AttributeType': 'S'}], KeySchema=[{'AttributeName': 'k', 'KeyType': 'HASH'}])
table.get_waiter('table_exists').wait(TableName='boto', WaiterConfig={'Delay': 1, 'MaxAttempts': 5})
table.put_item(TableName='boto', Item={'k': {'S': 'ü'}})
out['item'] = table.get_item(TableName='boto', Key={'k': {'S': 'ü'}})['Item']
for call, name in ((lambda: boto3.client('iam').get_role(RoleName='nobody'), 'role'), (lambda: boto3.client('codecommit').get_branch(repositoryName='x', branchName='y'), 'unknown'), (lambda: table.transact_get_items(TransactItems=[{'Get': {'TableName': 'boto', 'Key': {'k': {'S': 'x'}}}}]), 'transaction'), (lambda: boto3.client('sqs', aws_secret_access_key='x', aws_access_key_id='${'AKIA'.padEnd(20, 'B')}').send_message(QueueUrl='http://q/1/2', MessageBody='m'), 'denied')):
    try:
        call()
    except ClientError as error:
        out[name] = error.response['Error']['Code']
print(json.dumps(out))
`
    const { stdout } = await run('python3', ['-c', script], { env: { ...env, AWS_ENDPOINT_URL: world.url } })
    expect(JSON.parse(stdout)).toEqual({
      who: ACCOUNT,
      topic: { a: '1' },
      publish: 200,
      events: 200,
      ecs: 200,
      item: { k: { S: 'ü' } },
      role: 'NoSuchEntity',
      unknown: 'UnknownOperationException',
      transaction: 'UnknownOperationException',
      denied: 'InvalidClientTokenId',
    })
  })
})
