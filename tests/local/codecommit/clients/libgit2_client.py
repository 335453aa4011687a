"""Clones, commits, pushes a branch and fetches it again with libgit2: URL and folder are the arguments."""
import sys

import pygit2

url, user, password, folder = sys.argv[1:]


class Login(pygit2.RemoteCallbacks):
    def credentials(self, *_):
        return pygit2.UserPass(user, password)

    def push_update_reference(self, name, message):
        if message is not None:
            raise SystemExit(f"{name}: {message}")


repository = pygit2.clone_repository(url, folder, callbacks=Login())
author = pygit2.Signature("L", "l@example.com")
blob = repository.create_blob(b"by libgit2\n")
tree = repository.TreeBuilder(repository.head.peel(pygit2.Tree))
tree.insert("libgit2.txt", blob, pygit2.GIT_FILEMODE_BLOB)
commit = repository.create_commit(
    "refs/heads/libgit2", author, author, "by libgit2", tree.write(), [repository.head.target]
)
remote = repository.remotes["origin"]
remote.push(["refs/heads/libgit2:refs/heads/libgit2"], callbacks=Login())
remote.fetch(callbacks=Login())
print(commit)
