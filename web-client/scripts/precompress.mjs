// Writes .br and .gz beside every text file of the build, so that the hub compresses nothing at run time.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const TEXT = /\.(js|css|html|svg|json|webmanifest)$/;

for (const name of readdirSync("dist", { recursive: true })) {
    if (!TEXT.test(name) || name.startsWith(".vite")) continue;
    const bytes = readFileSync(`dist/${name}`);
    if (bytes.length < 512) continue;
    writeFileSync(`dist/${name}.gz`, gzipSync(bytes, { level: 9 }));
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    writeFileSync(`dist/${name}.br`, brotliCompressSync(bytes, { params }));
}
