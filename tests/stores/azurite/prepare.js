// Makes the container `backups` on a running Azurite, with artifacts below `restores`, and prints shared access signatures of the account.
// Usage: node prepare.js ENDPOINT ACCOUNT KEY

const crypto = require("node:crypto");

const [endpoint, account, key] = process.argv.slice(2);
const sign = (text) => crypto.createHmac("sha256", Buffer.from(key, "base64")).update(text, "utf8").digest("base64");

function signature(permissions, ends) {
  const version = "2019-12-12";
  const begins = "2020-01-01T00:00:00Z";
  // https://learn.microsoft.com/rest/api/storageservices/create-account-sas
  const text = [account, permissions, "b", "sco", begins, ends, "", "https,http", version, ""].join("\n");
  return new URLSearchParams({
    sv: version, ss: "b", srt: "sco", sp: permissions, st: begins, se: ends, spr: "https,http", sig: sign(text),
  }).toString();
}

async function main() {
  const url = new URL(`${endpoint}/backups?restype=container`);
  const headers = { "x-ms-date": new Date().toUTCString(), "x-ms-version": "2021-08-06" };
  const written = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`).join("");
  // https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
  const text = `PUT${"\n".repeat(12)}${written}/${account}${url.pathname}\nrestype:container`;
  const authorization = `SharedKey ${account}:${sign(text)}`;
  const answer = await fetch(url, { method: "PUT", headers: { ...headers, authorization } });
  if (answer.status !== 201) {
    throw new Error(`PUT ${url}: ${answer.status} ${await answer.text()}`);
  }
  const far = "2100-01-01T00:00:00Z";
  // Of the second one there is only what lies beside it.
  for (const key of ["restores/one.backup", "restores/two.backup.sha256"]) {
    const blob = `${endpoint}/backups/${key}?${signature("rwdlac", far)}`;
    const put = await fetch(blob, { method: "PUT", headers: { "x-ms-blob-type": "BlockBlob" }, body: "x" });
    if (put.status !== 201) {
      throw new Error(`PUT ${key}: ${put.status} ${await put.text()}`);
    }
  }
  console.log(JSON.stringify({
    all: signature("rwdlac", far),
    "no-list": signature("rwdac", far),
    "no-put": signature("rl", far),
    expired: signature("rwdlac", "2020-01-02T00:00:00Z"),
  }));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
