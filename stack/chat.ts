import type { Topic } from '../shared/config/types.ts'
import { topicId } from './ids.ts'
import { role } from './policy.ts'
import {
  att,
  idOf,
  named,
  type Plan,
  type Resource,
  type Resources,
  ref,
  roleNamed,
  sub,
  type Value,
} from './resources.ts'
import { topicsOf } from './topics.ts'

const ROLE_ID = 'ChatRole'

/**
 * Chat channels that Amazon Q Developer in chat applications serves. The workspace (Slack) or tenant and team (Teams) must
 * have been authorized by hand in its console once. Several topics may speak in one channel: a channel takes one
 * configuration only.
 */
export const chat = (plan: Plan): Resources => {
  const slack = byChannel(
    plan,
    (topic) => topic.slack && { workspace: topic.slack.workspace, channel: topic.slack.channel },
  )
  const teams = byChannel(plan, (topic) => topic.teams && { ...topic.teams })
  if (slack.length + teams.length === 0) return {}
  return {
    [ROLE_ID]: chatRole(plan),
    ...Object.fromEntries(slack.map((each) => slackChannel(plan, each))),
    ...Object.fromEntries(teams.map((each) => teamsChannel(plan, each))),
  }
}

interface Channel<T> {
  readonly at: T
  readonly topics: readonly string[]
}

const byChannel = <T extends object>(plan: Plan, of: (topic: Topic) => T | undefined): Channel<T>[] => {
  const channels = new Map<string, { at: T; topics: string[] }>()
  for (const [name, topic] of topicsOf(plan)) {
    const at = of(topic)
    if (!at) continue
    const key = JSON.stringify(at)
    const known = channels.get(key) ?? { at, topics: [] }
    known.topics.push(name)
    channels.set(key, known)
  }
  return [...channels.values()]
}

const slackChannel = (
  plan: Plan,
  { at, topics }: Channel<{ workspace: string; channel: string }>,
): [string, Resource] => [
  `${topics.map(idOf).join('')}Slack`,
  {
    Type: 'AWS::Chatbot::SlackChannelConfiguration',
    Properties: {
      ...common(topics),
      ConfigurationName: named(plan, `${topics.join('-')}-slack`).slice(0, 128),
      SlackWorkspaceId: at.workspace,
      SlackChannelId: at.channel,
    },
  },
]

const teamsChannel = (
  plan: Plan,
  { at, topics }: Channel<{ tenant: string; team: string; channel: string }>,
): [string, Resource] => [
  `${topics.map(idOf).join('')}Teams`,
  {
    Type: 'AWS::Chatbot::MicrosoftTeamsChannelConfiguration',
    Properties: {
      ...common(topics),
      ConfigurationName: named(plan, `${topics.join('-')}-teams`).slice(0, 128),
      TeamsTenantId: at.tenant,
      TeamId: at.team,
      TeamsChannelId: at.channel,
    },
  },
]

const common = (topics: readonly string[]): { [key: string]: Value } => ({
  IamRoleArn: att(ROLE_ID),
  // without a guardrail the service would allow a channel everything (CloudFormation, AWS::Chatbot, GuardrailPolicies:
  // AdministratorAccess is the default); these channels are for reading only
  GuardrailPolicies: [sub(`arn:\${AWS::Partition}:iam::aws:policy/AWSDenyAll`)],
  LoggingLevel: 'ERROR',
  SnsTopicArns: topics.map((name) => ref(topicId(name))),
  UserRoleRequired: false,
})

const chatRole = (plan: Plan): Resource =>
  role({
    name: roleNamed(plan, 'chat'),
    description: 'Chat channels of CodeCommit Relay: no permission at all, the service only wants a role',
    service: 'chatbot.amazonaws.com',
    statements: [],
  })
