/** A request as botocore 1.43's own signer signs it, at {@link SIGNED_AT} with {@link SECRET}. */
export interface Vector {
  readonly name: string
  readonly service: string
  readonly method: string
  readonly url: string
  /** without X-Amz-Date and Authorization */
  readonly headers: readonly string[]
  readonly body: string
  /** absent: presigned, the signature is the query's last parameter */
  readonly signedHeaders?: string
  readonly signature: string
}

export const KEY_ID = 'AKIDORCHARD01'
export const SECRET = 'not-a-real/secret+0001'
export const SIGNED_AT = '20310517T090433Z'

export const VECTORS: readonly Vector[] = [
  {
    name: 'a JSON call',
    service: 'codecommit',
    method: 'POST',
    url: '/',
    headers: [
      'Host: codecommit.eu-west-1.amazonaws.com',
      'Content-Type: application/x-amz-json-1.1',
      'X-Amz-Target: CodeCommit_20150413.GetRepository',
    ],
    body: '{"repositoryName":"orchard-api"}',
    signedHeaders: 'content-type;host;x-amz-date;x-amz-target',
    signature: '75fd7d397c864e5f82c9e2a177cd937f5fa53118489229add0d6d39b5b669636',
  },
  {
    name: 'a host with a port',
    service: 'codecommit',
    method: 'POST',
    url: '/',
    headers: ['Host: 127.0.0.1:4566', 'X-Amz-Target: CodeCommit_20150413.GetRepository'],
    body: '{}',
    signedHeaders: 'host;x-amz-date;x-amz-target',
    signature: '11070baf5dd3dda39531cc855dc16e901d41f227cb7e1cd0cf0a0f6ea871af9a',
  },
  {
    name: 'a session token',
    service: 'codecommit',
    method: 'POST',
    url: '/',
    headers: [
      'Host: codecommit.eu-west-1.amazonaws.com',
      'X-Amz-Target: CodeCommit_20150413.GetRepository',
      'X-Amz-Security-Token: FakeSession/Token+With/Slash==',
    ],
    body: '{}',
    signedHeaders: 'host;x-amz-date;x-amz-security-token;x-amz-target',
    signature: '1361e35e64f3a48fb30a532202ecd6829658e838ed36488331bb3193f24664cf',
  },
  {
    name: 'a form',
    service: 'sts',
    method: 'POST',
    url: '/',
    headers: [
      'Host: sts.eu-west-1.amazonaws.com',
      'Content-Type: application/x-www-form-urlencoded; charset=utf-8',
    ],
    body: 'Action=GetCallerIdentity&Version=2011-06-15',
    signedHeaders: 'content-type;host;x-amz-date',
    signature: '2c13b71bbdfbb3e47dd5082578843c4db94757513fb8cb5ccab00cf0d00656ca',
  },
  {
    name: 'text beyond ASCII in the body',
    service: 'sns',
    method: 'POST',
    url: '/',
    headers: [
      'Host: sns.eu-west-1.amazonaws.com',
      'Content-Type: application/x-www-form-urlencoded; charset=utf-8',
    ],
    body: 'Action=Publish&Message=%C3%BC%E2%9C%93+a%26b&Version=2010-03-31',
    signedHeaders: 'content-type;host;x-amz-date',
    signature: 'f4a13a4f2a375c4e077f93965ed644880a0c29374861f9a2877dfa9eca85af4b',
  },
  {
    name: 'an ARN in the path',
    service: 'lambda',
    method: 'GET',
    url: '/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A111111111111%3Afunction%3Af/policy',
    headers: ['Host: lambda.eu-west-1.amazonaws.com'],
    body: '',
    signedHeaders: 'host;x-amz-date',
    signature: '1a0620daecb3ab523ff8168839ba467756ef34bdc7e60dc596634b4bb25731c0',
  },
  {
    name: 'an ARN with slashes in the path',
    service: 'scheduler',
    method: 'GET',
    url: '/tags/arn%3Aaws%3Ascheduler%3Aeu-west-1%3A111111111111%3Aschedule-group%2Fa%20b',
    headers: ['Host: scheduler.eu-west-1.amazonaws.com'],
    body: '',
    signedHeaders: 'host;x-amz-date',
    signature: '70c5a3c1f08381461c4e90ed7f27de1e5e63811c28c6da5803441b7764bd5e7b',
  },
  {
    name: 'an unsorted query',
    service: 'lambda',
    method: 'GET',
    url: '/2015-03-31/functions?b=2&a=%2F&a=1&empty=&B=0&a-b=~',
    headers: ['Host: lambda.eu-west-1.amazonaws.com'],
    body: '',
    signedHeaders: 'host;x-amz-date',
    signature: '47dd4760e3941449a19a291a5314efa623cedfa774243467d8b3e70e7549ad17',
  },
  {
    name: 'a query beyond ASCII',
    service: 'scheduler',
    method: 'GET',
    url: '/schedules?NamePrefix=%C3%BC%20%2B%2A%27%28%29%21',
    headers: ['Host: scheduler.eu-west-1.amazonaws.com'],
    body: '',
    signedHeaders: 'host;x-amz-date',
    signature: '22071722a6a25782fb073e8c434ace536634ab68880eecc3f25d30db6ecef6ef',
  },
  {
    name: 'dots and doubled slashes in the path',
    service: 'lambda',
    method: 'GET',
    url: '/2015-03-31//functions/./x/../f/',
    headers: ['Host: lambda.eu-west-1.amazonaws.com'],
    body: '',
    signedHeaders: 'host;x-amz-date',
    signature: 'e065f208e30c09b3c003ee6189ec0398cd1c4481dd67ad02867c0a527bc38343',
  },
  {
    name: 'headers with spaces to fold',
    service: 'codecommit',
    method: 'POST',
    url: '/',
    headers: [
      'Host: codecommit.eu-west-1.amazonaws.com',
      'X-Amz-Target: CodeCommit_20150413.GetRepository',
      'X-Amz-Meta:   a   b  c ',
    ],
    body: '{}',
    signedHeaders: 'host;x-amz-date;x-amz-meta;x-amz-target',
    signature: '8064b6a7db90175ac8dedc7f6b012cab9c1a0c137b23a286bb02495019c93d81',
  },
  {
    name: 'a presigned GET',
    service: 'sts',
    method: 'GET',
    url: '/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDORCHARD01%2F20310517%2Feu-west-1%2Fsts%2Faws4_request&X-Amz-Date=20310517T090433Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host',
    headers: ['Host: sts.eu-west-1.amazonaws.com'],
    body: '',

    signature: '0c7bdc5036bc25b85bf28bc202c3715c127e57e7a99ea4c1e95967ac94bf4d82',
  },
  {
    name: 'a presigned GET with a session token',
    service: 'sts',
    method: 'GET',
    url: '/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDORCHARD01%2F20310517%2Feu-west-1%2Fsts%2Faws4_request&X-Amz-Date=20310517T090433Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Security-Token=FakeSession%2FToken%2BWith%2FSlash%3D%3D',
    headers: ['Host: sts.eu-west-1.amazonaws.com'],
    body: '',

    signature: 'd869d7d7f32ace565210cb9b32ca486e7d47293c8cff03265bc8257d507d211c',
  },
  {
    name: 'a presigned GET with a further header',
    service: 'sts',
    method: 'GET',
    url: '/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDORCHARD01%2F20310517%2Feu-west-1%2Fsts%2Faws4_request&X-Amz-Date=20310517T090433Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id',
    headers: ['Host: sts.eu-west-1.amazonaws.com', 'x-k8s-aws-id: orchard'],
    body: '',

    signature: '77b22dd98122da88bd3f7685836b5f117b7840d0b22d508fa7cb637f4a283dd5',
  },
]
