import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/** A certificate with its key, as files. */
export interface CertificateFiles {
  certificateFile: string;
  keyFile: string;
}

/** A certificate authority of a test, valid for a day. */
export class TestAuthority {
  private readonly folder: string;
  private readonly name: string;

  /** Makes it with openssl; its files lie in `folder`. */
  constructor(folder: string, name = "authority") {
    this.folder = folder;
    this.name = name;
    const { certificateFile, keyFile } = this.files(name);
    const subject = ["-subj", `/CN=${name}`, "-addext", "basicConstraints=critical,CA:TRUE"];
    openssl(["req", "-x509", ...KEY, "-keyout", keyFile, "-out", certificateFile, "-days", "1", ...subject]);
  }

  /** What its clients must trust. */
  get pem(): string {
    return readFileSync(this.files(this.name).certificateFile, "utf8");
  }

  /** A server's certificate for these names: `DNS:localhost`, `IP:127.0.0.1`. An expired one has ended in 2021. */
  issue(name: string, alternativeNames: string, { expired = false } = {}): CertificateFiles {
    const files = this.files(name);
    const request = path.join(this.folder, `${name}.csr`);
    const extensions = path.join(this.folder, `${name}.ext`);
    writeFileSync(extensions, `subjectAltName=${alternativeNames}\n`);
    openssl(["req", ...KEY, "-keyout", files.keyFile, "-out", request, "-subj", `/CN=${name}`]);
    const paths = ["-in", request, "-out", files.certificateFile, "-extfile", extensions];
    openssl([...(expired ? this.signExpired(name) : this.sign()), ...paths]);
    return files;
  }

  private sign(): string[] {
    const { certificateFile, keyFile } = this.files(this.name);
    return ["x509", "-req", "-CA", certificateFile, "-CAkey", keyFile, "-CAcreateserial", "-days", "1"];
  }

  /** Only `openssl ca` takes dates of the past in every version. It keeps books, so it gets some. */
  private signExpired(name: string): string[] {
    const { certificateFile, keyFile } = this.files(this.name);
    const config = path.join(this.folder, `${name}.cnf`);
    const [index, serial] = [`${config}.index`, `${config}.serial`];
    writeFileSync(index, "");
    writeFileSync(serial, "01\n");
    const books = `database=${index}\nserial=${serial}\nnew_certs_dir=${this.folder}\ndefault_md=sha256\npolicy=names`;
    writeFileSync(config, `[ca]\ndefault_ca=books\n[books]\n${books}\n[names]\ncommonName=supplied\n`);
    const dates = ["-startdate", "20200101000000Z", "-enddate", "20210101000000Z"];
    return ["ca", "-batch", "-notext", "-config", config, "-cert", certificateFile, "-keyfile", keyFile, ...dates];
  }

  private files(name: string): CertificateFiles {
    return { certificateFile: path.join(this.folder, `${name}.pem`), keyFile: path.join(this.folder, `${name}.key`) };
  }
}

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-sha256"];

function openssl(args: string[]): void {
  execFileSync("openssl", args, { stdio: "ignore" });
}
