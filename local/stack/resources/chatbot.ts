import type { Context, Handler, Handlers } from '../handler.ts'
import { needText, texts } from '../properties.ts'
import { subscribe, unsubscribe } from './sns.ts'

/** Where chat applications listen to topics: administrator guide of Amazon Q Developer in chat applications, troubleshooting. */
const CHAT_ENDPOINT = 'https://global.sns-api.chatbot.amazonaws.com'

/** A channel configuration subscribes the one chat endpoint to its topics; that is all that can be seen of it from here. */
const channel = (kind: string): Handler => ({
  apply: async ({ properties, former }, context) => {
    const name = needText(properties, 'ConfigurationName')
    const arn = `arn:aws:chatbot::${context.place.account}:chat-configuration/${kind}/${name}`
    const topics = texts(properties, 'SnsTopicArns')
    const subscriptions: string[] = []
    for (const topic of topics) subscriptions.push(await subscribe(context, topic, 'https', CHAT_ENDPOINT))
    await leave(context, former?.notes?.subscriptions, subscriptions)
    return { physicalId: arn, attributes: { Arn: arn }, notes: { subscriptions } }
  },
  remove: ({ notes }, context) => leave(context, notes?.subscriptions, []),
})

const leave = async (context: Context, former: unknown, kept: readonly string[]) => {
  for (const arn of (former ?? []) as string[]) if (!kept.includes(arn)) await unsubscribe(context, arn)
}

export const chatbotHandlers: Handlers = {
  'AWS::Chatbot::SlackChannelConfiguration': channel('slack-channel'),
  'AWS::Chatbot::MicrosoftTeamsChannelConfiguration': channel('microsoft-teams-channel'),
}
