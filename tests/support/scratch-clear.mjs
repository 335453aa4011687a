export { clear as default } from './scratch.mjs'
