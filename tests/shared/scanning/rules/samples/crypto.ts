import { named, type Samples, texts, token } from './kit.ts'

export const crypto: Samples = {
  'coinbase-access-token': named('COINBASE_API_SECRET', '{alnum:32}'),
  'binance-api-key': named('BINANCE_API_SECRET', '{alnum:64}'),
  'kraken-access-token': named('KRAKEN_PRIVATE_KEY', '{b64:86}=='),
  'kucoin-access-token': named('KUCOIN_API_KEY', '{hex:24}'),
  'kucoin-secret-key': named('KUCOIN_API_SECRET', '{uuid}'),
  'bittrex-secret-key': named('BITTREX_API_SECRET', '{hex:32}'),
  'bitcoin-extended-private-key': token('xprv{b58:107}'),
  'bitcoin-wif-key': named('BTC_PRIVATE_KEY', 'K{b58:51}'),
  'ethereum-private-key': named('DEPLOYER_PRIVATE_KEY', '0x{hex:64}'),
  'wallet-mnemonic': named('MNEMONIC', '{words:12}'),
  'infura-project-url': texts(
    ['https://mainnet.infura.io/v3/⟦{hex:32}⟧', '"https://eth-mainnet.g.alchemy.com/v2/⟦{url:32}⟧"'],
    ['https://mainnet.infura.io/v3/YOUR_KEY', `https://eth-mainnet.g.alchemy.com/v2/\${key}`],
  ),
  'etherscan-api-key': named('ETHERSCAN_API_KEY', '{UP:34}'),
  'stellar-secret-seed': named('STELLAR_SECRET', 'S{b32:55}'),
  'blockfrost-project-id': token('preprod{alnum:32}'),
  'walletconnect-project-id': named('COINMARKETCAP_API_KEY', '{uuid}'),
}
