import { named, type Samples, texts, token } from './kit.ts'

export const chat: Samples = {
  'slack-app-token': token('xapp-1-A{UP:10}-{dig:13}-{hex:64}'),
  'slack-bot-token': token('xoxb-{dig:12}-{dig:13}-{alnum:24}', {
    misses: ['xoxb-{dig:5}', 'xoxb-your-token-goes-here'],
  }),
  'slack-legacy-bot-token': token('xoxb-{dig:12}-{alnum:24}'),
  'slack-user-token': token('xoxp-{dig:12}-{dig:12}-{dig:13}-{hex:32}'),
  'slack-config-access-token': token('xoxe.xoxp-1-{alnum:166}'),
  'slack-config-refresh-token': token('xoxe-1-{alnum:146}'),
  'slack-legacy-token': token('xoxs-{dig:10}-{dig:10}-{dig:10}-{hex:10}'),
  'slack-legacy-workspace-token': token('xoxa-2-{alnum:40}'),
  'slack-session-token': token('xoxc-{dig:12}-{dig:12}-{dig:13}-{hex:64}'),
  'slack-session-cookie': token('xoxd-{b64:120}'),
  'slack-webhook-url': texts(
    [
      'curl https://hooks.slack.com/⟦services/T{UP:8}/B{UP:8}/{alnum:24}⟧',
      'url: "https://hooks.slack.com/⟦workflows/T{UP:8}/A{UP:8}/{dig:18}/{alnum:24}⟧"',
    ],
    [
      'https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX',
      'https://hooks.slack.com/services/<id>',
    ],
  ),
  'discord-bot-token': named('DISCORD_TOKEN', 'MT{alnum:24}.G{alnum:5}.{url:38}'),
  'discord-webhook': texts(
    [
      'https://discord.com/api/webhooks/⟦{dig:18}/{url:68}⟧',
      '"https://discordapp.com/api/v10/webhooks/⟦{dig:19}/{url:68}⟧"',
    ],
    ['https://discord.com/api/webhooks/123/token', 'https://discord.com/api/webhooks/{dig:18}/{url:20}'],
  ),
  'discord-api-token': named('DISCORD_PUBLIC_KEY', '{hex:64}'),
  'discord-client-secret': named('DISCORD_CLIENT_SECRET', '{url:32}'),
  'telegram-bot-api-token': token('{dig:10}:AA{url:33}'),
  'microsoft-teams-webhook': texts(
    [
      'https://acme.webhook.office.com/webhookb2/⟦{uuid}@{uuid}/IncomingWebhook/{hex:32}/{uuid}⟧',
      'https://outlook.office.com/webhook/⟦{uuid}@{uuid}/IncomingWebhook/{hex:32}/{uuid}⟧',
      "uri = 'https://a1.webhook.office.com/webhookb2/⟦{uuid}@{uuid}/IncomingWebhook/{hex:32}/{uuid}⟧'",
    ],
    ['https://acme.webhook.office.com/webhookb2/{uuid}', 'https://outlook.office.com/webhook'],
  ),
  'azure-logic-apps-webhook': texts(
    [
      'https://prod-01.westus.logic.azure.com:443/workflows/{hex:32}/triggers/manual/paths/invoke?api-version=2016-10-01&sp=%2F&sv=1.0&sig=⟦{url:43}⟧',
      '"https://x.environment.api.powerplatform.com/powerautomate/automations/direct/workflows/{hex:32}/triggers/manual?sv=1.0&sig=⟦{url:43}⟧"',
    ],
    ['https://prod-01.westus.logic.azure.com:443/workflows/x?sig=SIG', 'https://logic.azure.com/?sig='],
  ),
  'google-chat-webhook': texts(
    [
      'https://chat.googleapis.com/v1/spaces/{alnum:11}/messages?key=AIzb{url:35}&token=⟦{url:43}⟧',
      '"https://chat.googleapis.com/v1/spaces/{alnum:11}/messages?key=AIzb{url:35}&token=⟦{url:43}%3D⟧"',
    ],
    [
      'https://chat.googleapis.com/v1/spaces/SPACE/messages',
      'https://chat.googleapis.com/v1/spaces/AAAA/messages?key=KEY&token=TOKEN',
    ],
  ),
  'dingtalk-webhook': texts(
    [
      'https://oapi.dingtalk.com/robot/send?access_token=⟦{hex:64}⟧',
      '"oapi.dingtalk.com/robot/send?access_token=⟦{hex:64}⟧"',
    ],
    [
      'https://oapi.dingtalk.com/robot/send?access_token=XXX',
      'oapi.dingtalk.com/robot/send?access_token={hex:32}',
    ],
  ),
  'feishu-webhook': texts(
    [
      'https://open.feishu.cn/open-apis/bot/v2/hook/⟦{uuid}⟧',
      '"https://open.larksuite.com/open-apis/bot/v2/hook/⟦{uuid}⟧"',
    ],
    ['https://open.feishu.cn/open-apis/bot/v2/hook/xxxx', 'https://open.feishu.cn/document'],
  ),
  'wecom-webhook': texts(
    [
      'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=⟦{uuid}⟧',
      '"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=⟦{uuid}⟧"',
    ],
    [
      'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=KEY',
      'https://qyapi.weixin.qq.com/cgi-bin/gettoken',
    ],
  ),
  'mattermost-access-token': named('MATTERMOST_TOKEN', '{low:26}'),
  'matrix-access-token': token('syt_{alnum:14}_{AZ:20}_{alnum:6}'),
  'gitter-access-token': named('GITTER_TOKEN', '{hex:40}'),
  'twilio-api-key': token('SK{hex:32}'),
  'twilio-auth-token': named('TWILIO_AUTH_TOKEN', '{hex:32}'),
  'twilio-credentials': texts(
    ['new Client("AC{hex:32}", "⟦{hex:32}⟧")', "require('twilio')\ntwilio('AC{hex:32}', '⟦{hex:32}⟧')"],
    ['sid = "AC{hex:32}"', 'Client("AC{hex:32}", token)'],
  ),
  'vonage-api-secret': named('NEXMO_API_SECRET', '{alnum:16}'),
  'plivo-auth-token': named('PLIVO_AUTH_TOKEN', '{alnum:40}'),
  'messagebird-api-token': named('MESSAGEBIRD_API_KEY', '{alnum:25}'),
  'sendbird-access-token': named('SENDBIRD_API_TOKEN', '{hex:40}'),
  'sendbird-access-id': named('SENDBIRD_APP_ID', '{uuid}'),
  'ably-api-key': named('ABLY_API_KEY', '{alnum:6}.{alnum:6}:{url:43}'),
  'pusher-app-secret': named('PUSHER_APP_SECRET', '{hex:20}'),
  'line-channel-secret': named('LINE_CHANNEL_ACCESS_TOKEN', '{b64:172}'),
  'zulip-api-key': named('ZULIP_API_KEY', '{alnum:32}'),
  'intercom-api-key': named('INTERCOM_TOKEN', 'dG9r{alnum:55}='),
  'zendesk-secret-key': named('ZENDESK_API_TOKEN', '{alnum:40}'),
  'webex-access-token': named('WEBEX_TOKEN', '{alnum:64}_PF84_{uuid}'),
  'pushover-token': named('PUSHOVER_TOKEN', '{low:30}'),
  'onesignal-rest-api-key': named('ONESIGNAL_REST_API_KEY', '{alnum:48}'),
  'stream-chat-secret': named('STREAM_API_SECRET', '{low:64}'),
  'slack-signing-secret': named('SLACK_SIGNING_SECRET', '{hex:32}'),
}
