// Git's credential helper for one mirror run, started by git as `credential <socket> get|store|erase`. It carries git's question
// to the mirror's own process and the answer back, so that a password is only ever in a pipe, never in a URL, an argument or
// the environment. Form of question and answer: git-credential(1), "INPUT/OUTPUT FORMAT"; unknown verbs are to be ignored.
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'

const [socketPath, verb] = process.argv.slice(2)
if (socketPath !== undefined && verb === 'get') {
  const question = await text(process.stdin)
  const socket = connect(socketPath)
  socket.end(question)
  process.stdout.write(await text(socket))
}
