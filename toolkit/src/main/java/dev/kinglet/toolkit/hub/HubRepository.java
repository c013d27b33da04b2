package dev.kinglet.toolkit.hub;

import dev.kinglet.data.download.PublishedFile;
import dev.kinglet.data.download.Requests;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A repository of weights in the layout of the Hugging Face hub: {@code config.json} and {@code model.safetensors} at
 * {@code BASE/OWNER/NAME/resolve/REVISION/}. In the cache it is {@code hf/OWNER/NAME/COMMIT/}, and {@code
 * hf/OWNER/NAME/refs/REVISION} has the commit that a branch or tag stood for when it was last asked for.
 *
 * @param revision commit, branch or tag
 */
record HubRepository(String owner, String name, String revision) {
    static final String PREFIX = "hf:";
    static final URI HUGGING_FACE = URI.create("https://huggingface.co/");

    private static final String TIMM = "timm/";
    private static final String MAIN = "main";
    private static final String PART = "[A-Za-z0-9_][A-Za-z0-9._-]{0,95}";
    private static final Pattern SOURCE =
            Pattern.compile("(" + PART + ")/(" + PART + ")(?:@([A-Za-z0-9_][A-Za-z0-9._/-]{0,200}))?");
    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
    private static final Pattern SHA_256 = Pattern.compile("\"?([0-9a-f]{64})\"?");
    private static final Pattern POINTER =
            Pattern.compile("(?s)version https://git-lfs.*\\noid sha256:([0-9a-f]{64})\\nsize (\\d{1,15})\\n.*");
    private static final int MAX_POINTER_BYTES = 1024;
    private static final long MAX_WEIGHT_BYTES = 8L << 30;
    static final String CONFIG = "config.json";
    static final String WEIGHTS = "model.safetensors";
    private static final String REFS = "refs";

    /**
     * The repository of {@code hf:owner/name[@revision]} or {@code timm/name[@revision]}; empty if the source is neither.
     *
     * @throws IllegalArgumentException if it begins as the one and goes on otherwise
     */
    static Optional<HubRepository> of(String source) {
        boolean named = source.startsWith(PREFIX);
        if (!named && !source.startsWith(TIMM)) {
            return Optional.empty();
        }
        Matcher parts = SOURCE.matcher(named ? source.substring(PREFIX.length()) : source);
        if (!parts.matches() || source.contains("..")) {
            throw new IllegalArgumentException(
                    "a repository of weights is named hf:owner/name or hf:owner/name@revision,"
                            + " such as hf:timm/mobilenetv2_100.ra_in1k, not '" + source + "'");
        }
        String revision = parts.group(3);
        return Optional.of(new HubRepository(parts.group(1), parts.group(2), revision == null ? MAIN : revision));
    }

    /** What names it, {@code hf:owner/name@revision}. */
    @Override
    public String toString() {
        return PREFIX + owner + "/" + name + "@" + revision;
    }

    private HubRepository at(String commit) {
        return new HubRepository(owner, name, commit);
    }

    private boolean isPinned() {
        return COMMIT.matcher(revision).matches();
    }

    private Path root(WeightCache cache) {
        return cache.folder().resolve("hf").resolve(owner).resolve(name);
    }

    private Path file(WeightCache cache, String fileName) {
        return root(cache).resolve(revision).resolve(fileName);
    }

    /** The repository at the commit that the cache has of it; empty if it has none, or not whole. */
    private Optional<HubRepository> cached(WeightCache cache) throws IOException {
        HubRepository pinned = this;
        if (!isPinned()) {
            Path ref = root(cache).resolve(REFS).resolve(revision);
            pinned = Files.isRegularFile(ref) ? at(Files.readString(ref).strip()) : this;
        }
        return pinned.revision.matches("[A-Za-z0-9._-]+")
                        && Files.isRegularFile(pinned.file(cache, CONFIG))
                        && cache.digest(pinned.file(cache, WEIGHTS)).isPresent()
                ? Optional.of(pinned)
                : Optional.empty();
    }

    private PretrainedWeights read(WeightCache cache) throws IOException {
        Path config = file(cache, CONFIG);
        return HubConfig.parse(config.toString(), Files.readString(config)).weights(toString(), file(cache, WEIGHTS));
    }

    /** The weights, of the cache alone. */
    PretrainedWeights offline(WeightCache cache) throws IOException {
        HubRepository pinned = cached(cache)
                .orElseThrow(() -> new IOException(this + " is not in the cache " + cache.folder()
                        + ", and nothing is fetched offline; kinglet weights fetch " + this
                        + " while there is a network"));
        if (!cache.hasSound(pinned.file(cache, WEIGHTS))) {
            throw new IOException(pinned.file(cache, WEIGHTS)
                    + " is damaged: its SHA-256 is not what it was; fetch it again while there is a network");
        }
        return pinned.read(cache);
    }

    /** The weights, fetched unless the cache has them; a commit that it has needs no network. */
    PretrainedWeights fetch(WeightCache cache, URI base, WeightHub.Progress progress)
            throws IOException, InterruptedException {
        if (isPinned() && cached(cache).isPresent() && cache.hasSound(file(cache, WEIGHTS))) {
            return read(cache);
        }
        URI configAddress = address(base, "resolve", CONFIG);
        Requests.Answer config = found(Requests.text(configAddress, HubConfig.MAX_BYTES), configAddress);
        HubRepository pinned = isPinned()
                ? this
                : config.header("X-Repo-Commit")
                        .filter(commit -> COMMIT.matcher(commit).matches())
                        .map(this::at)
                        .orElse(this);
        HubConfig.parse(configAddress.toString(), config.text()).variant(); // before megabytes are fetched
        Path file = pinned.file(cache, WEIGHTS);
        PublishedFile published = pinned.published(base);
        if (!cache.digest(file).equals(Optional.of(published.checksum()))) {
            Files.deleteIfExists(file);
        }
        cache.fetched(file, into -> {
            published.fetch(into, bytes -> progress.fetched(published.address(), bytes, published.bytes()));
            return published.checksum();
        });
        WeightCache.write(pinned.file(cache, CONFIG), config.text());
        if (!isPinned() && pinned.isPinned()) {
            WeightCache.write(root(cache).resolve(REFS).resolve(revision), pinned.revision + "\n");
        }
        return pinned.read(cache);
    }

    /** Address, size and digest of the weights: from the headers of the hub, or from the pointer of git-lfs. */
    private PublishedFile published(URI base) throws IOException, InterruptedException {
        URI address = address(base, "resolve", WEIGHTS);
        Requests.Answer answer = found(Requests.describe(address), address);
        Matcher digest = SHA_256.matcher(answer.header("X-Linked-ETag").orElse(""));
        String size = answer.header("X-Linked-Size").orElse("");
        if (digest.matches() && size.matches("\\d{1,15}")) {
            return published(address, digest.group(1), Long.parseLong(size));
        }
        URI raw = address(base, "raw", WEIGHTS);
        Matcher pointer = POINTER.matcher(pointer(raw));
        if (!pointer.matches()) {
            throw new IOException(
                    address + " cannot be checked: neither its headers (X-Linked-ETag, X-Linked-Size) nor a"
                            + " git-lfs pointer at " + raw + " say its SHA-256 and its size");
        }
        return published(address, pointer.group(1), Long.parseLong(pointer.group(2)));
    }

    private static String pointer(URI raw) throws IOException, InterruptedException {
        try {
            return Requests.text(raw, MAX_POINTER_BYTES).text();
        } catch (IOException e) { // the file itself, or nothing
            return "";
        }
    }

    private static PublishedFile published(URI address, String digest, long bytes) throws IOException {
        if (bytes > MAX_WEIGHT_BYTES) {
            throw new IOException(address + " has " + bytes + " bytes, more than weights of a network here can have");
        }
        return new PublishedFile(address, bytes, WeightCache.SHA_256, digest);
    }

    private Requests.Answer found(Requests.Answer answer, URI address) throws IOException {
        return switch (answer.status()) {
            case 200, 301, 302, 303, 307, 308 -> answer;
            case 401, 403, 404 ->
                throw new IOException("the server answered " + answer.status() + " for " + address
                        + ": there is no such repository, revision or file, or it is not public");
            default -> throw new IOException("the server answered " + answer.status() + " for " + address);
        };
    }

    private URI address(URI base, String kind, String fileName) {
        return Requests.below(
                base, owner + "/" + name + "/" + kind + "/" + revision.replace("/", "%2F") + "/" + fileName);
    }
}
