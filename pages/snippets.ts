/**
 * Ready-made texts for using a new key, with this site's host name. Programs read the key from .netrc or from the
 * environment: nobody should paste a key into a program. Pure.
 */
export interface Snippet {
  /** For the id of its element. */
  readonly id: string
  readonly title: string
  readonly note: string
  readonly text: string
}

const variable = 'LATCHKEY_API_KEY'

/** @param publicUrl origin that users see. @param secret of [A-Za-z0-9_] only: it needs no quoting anywhere */
export function snippetsOf(publicUrl: string, secret: string): readonly Snippet[] {
  const { hostname } = new URL(publicUrl)
  const url = `${publicUrl}/v1/me`
  const fromEnvironment = `Reads the key from the environment: export ${variable}=… before it runs.`
  return [
    {
      id: 'netrc',
      title: '.netrc',
      note:
        'Append to ~/.netrc (on Windows %USERPROFILE%\\_netrc) and let nobody else read it: chmod 600 ~/.netrc. curl, ' +
        'Python, R and many others look there by themselves.',
      text: `machine ${hostname}\nlogin apikey\npassword ${secret}\n`,
    },
    {
      id: 'curl',
      title: 'curl',
      note: 'The second line takes the key from .netrc instead.',
      text: `curl --user apikey:${secret} ${url}\ncurl --netrc ${url}\n`,
    },
    {
      id: 'python',
      title: 'Python (requests)',
      note: `${fromEnvironment} With .netrc in place, leave auth out.`,
      text: `import os
import requests

answer = requests.get(
    "${url}",
    auth=("apikey", os.environ["${variable}"]),
)
answer.raise_for_status()
print(answer.json()["user"]["name"])
`,
    },
    {
      id: 'r',
      title: 'R (httr)',
      note: `${fromEnvironment} With .netrc in place: config(netrc = TRUE).`,
      text: `library(httr)

answer <- GET(
  "${url}",
  authenticate("apikey", Sys.getenv("${variable}"))
)
stop_for_status(answer)
content(answer)$user$name
`,
    },
    {
      id: 'javascript',
      title: 'JavaScript (Node)',
      note: fromEnvironment,
      text: `const key = process.env.${variable}
const answer = await fetch('${url}', {
  headers: { authorization: \`Basic \${btoa(\`apikey:\${key}\`)}\` },
})
if (!answer.ok) throw new Error(await answer.text())
console.log((await answer.json()).user.name)
`,
    },
    {
      id: 'java',
      title: 'Java (HttpClient)',
      note: fromEnvironment,
      text: `import java.net.URI;
import java.net.http.*;
import java.util.Base64;

public class WhoAmI {
  public static void main(String[] args) throws Exception {
    String login = "apikey:" + System.getenv("${variable}");
    String basic = Base64.getEncoder().encodeToString(login.getBytes());
    HttpRequest request = HttpRequest.newBuilder(URI.create("${url}"))
        .header("Authorization", "Basic " + basic)
        .build();
    HttpResponse<String> answer = HttpClient.newHttpClient()
        .send(request, HttpResponse.BodyHandlers.ofString());
    System.out.println(answer.statusCode() + " " + answer.body());
  }
}
`,
    },
  ]
}
