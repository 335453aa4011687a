import { named, type Samples, texts, token } from './kit.ts'

export const registries: Samples = {
  'npm-access-token': token('npm_{alnum:36}'),
  'pypi-upload-token': token('pypi-AgEIcHlwaS5vcmc{url:120}'),
  'rubygems-api-token': token('rubygems_{hex:48}'),
  'nuget-api-key': token('oy2{low:43}'),
  'crates-io-api-token': token('cio{alnum:32}'),
  'dockerhub-personal-access-token': token('dckr_pat_{url:27}'),
  'dockerhub-organization-access-token': token('dckr_oat_{url:32}'),
  'artifactory-api-key': token('AKCp{alnum:69}'),
  'artifactory-reference-token': token('cmVmd{alnum:59}'),
  'jfrog-api-key': named('ARTIFACTORY_API_KEY', '{alnum:73}'),
  'jfrog-identity-token': named('JFROG_TOKEN', '{alnum:64}'),
  'clojars-api-token': token('CLOJARS_{hex:60}'),
  'cloudsmith-api-key': named('CLOUDSMITH_API_KEY', '{hex:40}'),
  'packagist-api-token': token('packagist_ort_{hex:68}'),
  'npmrc-auth': texts(
    ['//registry.acme.io/:_authToken=⟦{uuid}⟧', '_auth = "⟦{b64:40}⟧"\n'],
    [
      `//registry.npmjs.org/:_authToken=\${NPM_TOKEN}`,
      '_password=hunter',
      'proxy_auth = base64.b64encode(proxy)',
    ],
  ),
  'pypirc-password': texts(
    ['[pypi]\nusername = bot\npassword = ⟦{alnum:16}⟧\n', '[x]\npassword: ⟦{alnum:20}⟧'],
    ['password = %(pw)s', 'password ='],
    { path: '.pypirc' },
  ),
  'nuget-config-password': texts(
    ['<add key="ClearTextPassword" value="⟦{alnum:20}⟧" />', '<add key="Password" value="⟦{b64:60}⟧"/>'],
    ['<add key="ClearTextPassword" value="%FEED_PW%" />', '<add key="Username" value="{alnum:20}" />'],
  ),
  'maven-settings-password': texts(
    ['<server><id>x</id><password>⟦{alnum:16}⟧</password></server>', '<passphrase>⟦{alnum:20}⟧</passphrase>'],
    [`<password>\${env.PW}</password>`, '<password>changeme1234</password>'],
    { path: '.m2/settings.xml' },
  ),
  'gradle-properties-password': texts(
    ['ossrhPassword=⟦{alnum:18}⟧', 'storePassword = ⟦{alnum:16}⟧\n'],
    ['storePassword=android', 'org.gradle.jvmargs=-Xmx2g'],
    { path: 'gradle.properties' },
  ),
  'bundler-gem-source-credentials': texts(
    ['BUNDLE_GEMS__ACME__IO: "⟦ci:{alnum:20}⟧"\n', 'export BUNDLE_NEXUS__ACME__IO=⟦deploy:{alnum:16}⟧\n'],
    ['BUNDLE_PATH: "vendor/bundle"', 'BUNDLE_GEMS__ACME__IO: "$TOKEN"'],
  ),
}
