import { named, type Samples, texts, token } from './kit.ts'

export const mail: Samples = {
  'sendgrid-api-token': token('SG.{url:22}.{url:43}'),
  'mailgun-private-api-token': token('key-{hex:32}'),
  'mailgun-signing-key': named('MAILGUN_API_KEY', '{hex:32}-{hex:8}-{hex:8}'),
  'mailgun-pub-key': named('MAILGUN_PUBLIC_KEY', 'pubkey-{hex:32}'),
  'mailchimp-api-key': token('{hex:32}-us12'),
  'mandrill-api-key': texts(
    ['key = "⟦md-{url:22}⟧"\n', 'MAILER=⟦md-{url:22}⟧\n'],
    ['.md-datepicker-body-header {', '@keyframes md-progressbar-loading-2 {'],
  ),
  'sendinblue-api-token': token('xkeysib-{hex:64}-{alnum:16}'),
  'sendinblue-smtp-key': token('xsmtpsib-{hex:64}-{alnum:16}'),
  'postmark-server-token': named('POSTMARK_SERVER_TOKEN', '{uuid}'),
  'sparkpost-api-key': named('SPARKPOST_API_KEY', '{hex:40}'),
  'resend-api-key': token('re_{alnum:8}_{alnum:24}'),
  'klaviyo-api-key': named('KLAVIYO_API_KEY', 'pk_{hex:34}'),
  'mailjet-api-secret': named('MAILJET_API_SECRET', '{hex:32}'),
  'mailersend-api-token': token('mlsn.{hex:64}'),
  'hubspot-private-app-token': token('pat-na1-{uuid}'),
  'hubspot-api-key': named('HUBSPOT_API_KEY', '{uuid}'),
  'customerio-api-key': named('CUSTOMERIO_API_KEY', '{hex:32}'),
  'smtp-url': texts(
    [
      'MAILER_DSN=smtp://mailer:⟦{alnum:16}⟧@mail.acme.io:587',
      'url: "smtps://bot%40acme.io:⟦{alnum:18}⟧@smtp.acme.io"',
    ],
    ['smtp://localhost:25', 'smtp://user:password@smtp.acme.io', `smtp://u:\${PASS}@h.io`],
  ),
  'aws-ses-smtp-password': named('SMTP_PASSWORD', 'B{b64:43}'),
  'beamer-api-token': named('BEAMER_API_KEY', 'b_{alnum:44}'),
  'gmail-app-password': texts(
    ["EMAIL_HOST_PASSWORD = '⟦{az:16}⟧'", 'smtp_pass: "⟦{az:4} {az:4} {az:4} {az:4}⟧"'],
    ["EMAIL_HOST_PASSWORD = 'short'", "mail_password = 'aaaaaaaaaaaaaaaa'", "password = '{az:16}'"],
  ),
}
