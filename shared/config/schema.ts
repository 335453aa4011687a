// Longer than most: the whole form of relay.yml, key by key, in one sight.
import * as z from 'zod/mini'
import { FARGATE_SIZES } from './fargate.ts'
import { GLOB } from './glob.ts'
import { REGIONS } from './regions.ts'
import type { EventKind } from './types.ts'

export const EVENT_KINDS = [
  'push',
  'branch',
  'tag',
  'replica',
  'secret',
] as const satisfies readonly EventKind[]

/** Every message here finishes the sentence "expected …". `says` is what an editor shows beside the key. */
const says = (text: string) => z.describe(text)

const text = (pattern: RegExp, expected: string, description: string) =>
  z.string(expected).check(z.regex(pattern, expected), says(description))

const whole = (from: number, to: number, description: string) => {
  const expected = `a whole number from ${from} to ${to}`
  return z.int(expected).check(z.gte(from, expected), z.lte(to, expected), says(description))
}

const list = <T extends z.core.SomeType>(of: T, from: number, to: number, description: string) => {
  const expected = `a list of ${from} to ${to} entries`
  return z
    .array(of, expected)
    .check(z.minLength(from, expected), z.maxLength(to, expected), says(description))
}

const region = (description: string) =>
  z.enum(REGIONS, 'a region that has CodeCommit').check(says(description))

const globs = (description: string) =>
  list(
    text(
      GLOB,
      'a glob of repository names (letters, digits, ". _ -", "*", "?"; "!" in front excludes), at most 100 characters',
      'Repository name; "*" any characters, "?" one character, "!" in front excludes.',
    ),
    1,
    100,
    description,
  )

// IAM API reference, CreateRole and CreateGroup
const principals = (what: string) =>
  list(text(/^[\w+=,.@-]{1,128}$/, 'a name without path', 'Name.'), 0, 10, `Names of ${what}.`)

const target = z
  .strictObject(
    {
      region: region('Region of the replica.'),
      account: z.optional(
        text(
          /^\d{12}$/,
          'an account id: 12 digits in quotes',
          'Account of the replica, in quotes. Default: the account Relay is deployed in.',
        ),
      ),
      // length and characters of path and name: IAM API reference, CreateRole
      role: z.optional(
        text(
          /^arn:aws(-cn|-us-gov)?:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/,
          'the ARN of an IAM role (arn:aws:iam::<account>:role/<name>)',
          'ARN of the role in the other account that Relay assumes to write the replica.',
        ),
      ),
      // STS API reference, AssumeRole, ExternalId
      externalId: z.optional(
        text(
          /^[\w+=,.@:/-]{2,1224}$/,
          'an external id of 2 to 1224 letters, digits or "_ + = , . @ : / -"',
          'External id that the role’s trust policy asks for.',
        ),
      ),
      // CodeCommit API reference, KmsKeyId
      kmsKey: z.optional(
        text(
          /^[a-zA-Z0-9:/_-]{1,2048}$/,
          'the ARN, id or alias of a KMS key',
          'KMS key with which the replica is made where it is missing. Default: aws/codecommit.',
        ),
      ),
    },
    'a mapping',
  )
  .check(says('One replica.'))

const rule = z
  .strictObject(
    {
      from: z.optional(
        region('Source region this rule speaks of. Default: the region Relay is deployed in.'),
      ),
      repositories: globs('Which repositories are replicated.'),
      to: list(target, 1, 20, 'Where the replicas are.'),
      deletes: z.optional(
        z
          .enum(['mirror', 'keep'], '"mirror" or "keep"')
          .check(
            says('What happens to a replica ref whose source ref is gone. Default: mirror (it goes too).'),
          ),
      ),
      divergence: z.optional(
        z
          .enum(['report', 'overwrite', 'keep'], '"report", "overwrite" or "keep"')
          .check(
            says(
              'What happens to a replica ref that somebody else moved. Default: report (people hear of it, its tip is parked, the source wins).',
            ),
          ),
      ),
      way: z.optional(
        z
          .enum(['auto', 'mirror'], '"auto" or "mirror"')
          .check(
            says('How replicas are written. Default: auto (streamed, the Fargate mirror for the rest).'),
          ),
      ),
      // CodeCommit API reference, TagKey
      tag: z.optional(
        text(
          /^[\w .:/=+@-]{1,128}$/,
          'the key of a repository tag, at most 128 characters',
          'Only repositories that carry this tag, each to those regions of "to" that its value names (with spaces between).',
        ),
      ),
    },
    'a mapping',
  )
  .check(says('Which repositories go to which replicas.'))

// Patterns of the ids: CloudFormation reference, AWS::Chatbot::SlackChannelConfiguration and
// AWS::Chatbot::MicrosoftTeamsChannelConfiguration
const uuid = (what: string) =>
  text(
    /^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/,
    `the ${what}’s id, a UUID`,
    `Id of the ${what}, from the console of Amazon Q Developer in chat applications.`,
  )

const topic = z
  .strictObject(
    {
      email: z.optional(
        list(
          text(
            /^[^\s@<>"]{1,64}@[^\s@<>"]+\.[^\s@<>".]+$/,
            'a mail address',
            'Mail address; it gets one mail to confirm.',
          ),
          0,
          100,
          'Who gets the messages by mail.',
        ),
      ),
      slack: z.optional(
        z
          .strictObject(
            {
              workspace: text(
                /^[0-9A-Z]{1,255}$/,
                'the workspace’s id (T…, capitals and digits)',
                'Id of the Slack workspace, as the console of Amazon Q Developer in chat applications shows it.',
              ),
              channel: text(
                /^[0-9A-Z]{1,255}$/,
                'the channel’s id (C…, capitals and digits), not its name',
                'Id of the Slack channel: at the end of its link.',
              ),
            },
            'a mapping',
          )
          .check(says('Slack channel that shows this topic. The topic then carries cards only.')),
      ),
      teams: z.optional(
        z
          .strictObject(
            {
              tenant: uuid('tenant'),
              team: uuid('team'),
              channel: text(
                /^[\w=+/.,-]*%3[aA][\w=+/.,-]*%40[\w=+/.,-]*$/,
                'the channel’s id as its link holds it (19%3a…%40thread.tacv2)',
                'Id of the Teams channel, percent-encoded as in its link.',
              ),
            },
            'a mapping',
          )
          .check(says('Teams channel that shows this topic. The topic then carries cards only.')),
      ),
    },
    'a mapping ({} for a topic nobody is subscribed to yet)',
  )
  .check(says('An SNS topic, and who listens to it.'))

const route = z
  .strictObject(
    {
      topic: z.string('the name of a topic').check(says('Name of a topic under "topics".')),
      events: z.optional(
        list(
          z.enum(EVENT_KINDS, `one of ${EVENT_KINDS.join(', ')}`),
          1,
          EVENT_KINDS.length,
          'push: a branch moved; branch, tag: one appeared, moved or went; replica: what became of the replicas; secret: what a scan found. Default: all.',
        ),
      ),
      repositories: z.optional(globs('Of which repositories. Default: all.')),
    },
    'a mapping',
  )
  .check(says('Which topic hears what.'))

const mirror = z
  .strictObject(
    {
      cpu: z.optional(
        z
          .literal([...FARGATE_SIZES.keys()], `one of ${[...FARGATE_SIZES.keys()].join(', ')}`)
          .check(says('Fargate CPU units of the mirror task; 1024 is one processor. Default: 1024.')),
      ),
      memoryMiB: z.optional(whole(512, 122_880, 'Memory of the mirror task. Default: 2048.')),
      ephemeralStorageGiB: z.optional(
        whole(21, 200, 'Disk of the mirror task: twice the largest repository. Default: 40.'),
      ),
      attempts: z.optional(whole(1, 20, 'Mirror runs before Relay gives up and says so. Default: 5.')),
      // ECS API reference, AwsVpcConfiguration
      network: z.optional(
        z
          .strictObject(
            {
              subnets: list(
                text(/^subnet-[0-9a-f]{8,17}$/, 'a subnet id (subnet-…)', 'Subnet id.'),
                1,
                16,
                'Subnets from which CodeCommit can be reached.',
              ),
              securityGroups: list(
                text(/^sg-[0-9a-f]{8,17}$/, 'a security group id (sg-…)', 'Security group id.'),
                1,
                5,
                'Security groups of the task; it only needs HTTPS outwards.',
              ),
              assignPublicIp: z.optional(
                z
                  .boolean('true or false')
                  .check(says('Needed in a public subnet without NAT. Default: false.')),
              ),
            },
            'a mapping',
          )
          .check(says('Your own network. Default: a minimal public one that the stack makes.')),
      ),
    },
    'a mapping',
  )
  .check(says('The Fargate task that mirrors.'))

/**
 * The form of relay.yml: keys, types, patterns, bounds. Closed: an unknown key is a mistake. What no form can say (topics that
 * exist, replicas that are not the source) is in rules.ts.
 */
export const configSchema = z
  .strictObject(
    {
      version: z.literal(1, '1').check(says('Version of this file’s form.')),
      replicate: list(rule, 1, 100, 'What is replicated where.'),
      topics: z.optional(
        z
          .record(z.string(), topic, 'a mapping of topic names to topics')
          .check(
            says(
              'The SNS topics. Default: one, "team", that nobody is subscribed to yet. On "alarms" the stack’s own alarms ring.',
            ),
          ),
      ),
      notify: z.optional(
        list(route, 0, 100, 'Which topic hears what. Default: every topic but "alarms" hears everything.'),
      ),
      scan: z.optional(
        list(
          z
            .strictObject(
              {
                repositories: globs(
                  'Whose pushes are searched for secrets: repositories of the region that Relay is deployed in.',
                ),
              },
              'a mapping',
            )
            .check(says('Some repositories to scan.')),
          0,
          100,
          'Which repositories are scanned for secrets at every push. Default: none.',
        ),
      ),
      sweep: z.optional(
        z
          .strictObject(
            { everyMinutes: z.optional(whole(1, 1440, 'How often every replica is compared. Default: 5.')) },
            'a mapping',
          )
          .check(says('The regular comparison that finds what no event announced.')),
      ),
      mirror: z.optional(mirror),
      safety: z.optional(
        z
          .strictObject(
            {
              refs: z.optional(
                whole(0, 1_000_000, 'So many deleted or rewound refs are always let through. Default: 10.'),
              ),
              percent: z.optional(
                whole(
                  0,
                  100,
                  'So many of the replica’s refs, in percent, are always let through. Default: 30.',
                ),
              ),
            },
            'a mapping',
          )
          .check(says('When a plan that deletes or rewinds refs is refused: past both figures.')),
      ),
      parking: z.optional(
        z
          .strictObject(
            {
              days: z.optional(
                whole(0, 3650, 'How long lost tips can be had back; 0: not at all. Default: 30.'),
              ),
            },
            'a mapping',
          )
          .check(says('Tips of the replica that are overwritten or deleted.')),
      ),
      failover: z.optional(
        z
          .strictObject(
            {
              freeze: z.optional(
                z
                  .strictObject(
                    {
                      groups: z.optional(principals('IAM groups')),
                      roles: z.optional(principals('IAM roles')),
                      users: z.optional(principals('IAM users')),
                    },
                    'a mapping',
                  )
                  .check(says('Who is kept from pushing to a source while its direction is swapped.')),
              ),
            },
            'a mapping ({} to allow failover without a freeze)',
          )
          .check(says('Lets `relay failover` swap source and replica; roles may then write both.')),
      ),
    },
    'a mapping with the keys version and replicate',
  )
  .check(says('CodeCommit Relay: what a team wants.'))

export type ConfigInput = z.infer<typeof configSchema>
