import { named, type Samples, token } from './kit.ts'

export const ci: Samples = {
  'circleci-token': token('CCIPAT_{alnum:22}_{hex:40}'),
  'circleci-token-legacy': named('CIRCLE_TOKEN', '{hex:40}'),
  'travisci-access-token': named('TRAVIS_TOKEN', '{alnum:22}'),
  'droneci-access-token': named('DRONE_TOKEN', '{alnum:32}'),
  'buildkite-api-token': token('bkua_{low:40}'),
  'jenkins-api-token': named('JENKINS_API_TOKEN', '11{hex:32}'),
  'harness-api-key': token('pat.{url:22}.{hex:24}.{alnum:20}'),
  'bitrise-access-token': named('BITRISE_TOKEN', '{url:86}'),
  'appveyor-api-token': named('APPVEYOR_TOKEN', 'v2.{low:20}'),
  'app-center-token': named('APPCENTER_TOKEN', '{hex:40}'),
  'octopus-deploy-api-key': token('API-{UP:26}'),
  'teamcity-access-token': token('eyJ0eXAiOiAiVENWMiJ9.{url:36}.{url:48}'),
  'codefresh-api-token': named('CODEFRESH_TOKEN', '{hex:24}.{hex:32}'),
  'cypress-record-key': named('CYPRESS_RECORD_KEY', '{uuid}'),
  'percy-token': named('PERCY_TOKEN', 'web_{hex:64}'),
  'chromatic-project-token': named('CHROMATIC_PROJECT_TOKEN', 'chpt_{hex:15}'),
  'depot-token': token('depot_org_{hex:64}'),
  'browserstack-access-key': named('BROWSERSTACK_ACCESS_KEY', '{alnum:20}'),
  'saucelabs-access-key': named('SAUCE_ACCESS_KEY', '{uuid}'),
  'lambdatest-access-key': named('LT_ACCESS_KEY', '{alnum:50}'),
}
