import java.io.File;
import java.nio.file.Files;
import org.eclipse.jgit.api.Git;
import org.eclipse.jgit.transport.RefSpec;
import org.eclipse.jgit.transport.RemoteRefUpdate;
import org.eclipse.jgit.transport.UsernamePasswordCredentialsProvider;

/** Clones, commits, pushes a branch and fetches it again with JGit: URL and folder are the arguments. */
public class JGitClient {
  public static void main(String[] args) throws Exception {
    var login = new UsernamePasswordCredentialsProvider(args[1], args[2]);
    var folder = new File(args[3]);
    try (var git = Git.cloneRepository().setURI(args[0]).setDirectory(folder).setCredentialsProvider(login).call()) {
      Files.writeString(new File(folder, "jgit.txt").toPath(), "by jgit\n");
      git.add().addFilepattern("jgit.txt").call();
      var commit = git.commit().setMessage("by jgit").setAuthor("J", "j@example.com").setCommitter("J", "j@example.com").call();
      var spec = new RefSpec("HEAD:refs/heads/jgit");
      for (var result : git.push().setRefSpecs(spec).setCredentialsProvider(login).call()) {
        for (RemoteRefUpdate update : result.getRemoteUpdates()) {
          if (update.getStatus() != RemoteRefUpdate.Status.OK) throw new IllegalStateException(update.toString());
        }
      }
      git.fetch().setCredentialsProvider(login).call();
      System.out.println(commit.getName());
    }
  }
}
