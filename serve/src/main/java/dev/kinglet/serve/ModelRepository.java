package dev.kinglet.serve;

import dev.kinglet.infer.Classifier;
import dev.kinglet.infer.ClassifierOptions;
import dev.kinglet.onnx.GraphCosts;
import dev.kinglet.onnx.OnnxException;
import dev.kinglet.onnx.OnnxFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The models of a server: of each the highest version that can be opened, polled every few seconds. A new version
 * is opened and warmed up before it takes the place of the old one, which is closed after its last request; one that cannot
 * be opened is refused, and the old one stays. Safe for several threads.
 */
final class ModelRepository implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ModelRepository.class);

    private final @Nullable RepositoryLayout layout;
    private final Limits limits;
    private final ClassifierOptions options;
    private final ServerMetrics metrics;
    private final Map<String, Entry> entries =
            new TreeMap<>(); // guarded by itself, with what requests read of its entries
    private final Set<String> unloaded = new HashSet<>(); // on request; guarded by entries
    private boolean closed; // guarded by entries
    private volatile Runnable listener = () -> {};
    private final ScheduledExecutorService polls = Executors.newSingleThreadScheduledExecutor(work -> {
        Thread thread = new Thread(work, "kinglet-repository");
        thread.setDaemon(true);
        return thread;
    });

    /** A model, whether it answers or not. */
    private static final class Entry {
        private @Nullable LoadedVersion loaded;
        private String reason = ""; // for clients
        private String detail = ""; // for the operator

        // only read and written by who holds the repository's own lock
        private @Nullable ModelFile file; // of the loaded version
        private final Set<ModelFile> refused = new HashSet<>(); // not opened again
        private @Nullable ModelFile seen; // in the last poll: opened once it has stopped changing
        private boolean missed; // in the last poll: removed once it stays away

        private boolean isTried() {
            return loaded != null || !reason.isEmpty();
        }
    }

    /**
     * State of a model.
     *
     * @param reason why it or its highest version does not answer, for clients; empty if there is none
     * @param detail the same for the operator, with paths
     */
    record Status(String model, String version, boolean ready, String reason, String detail) {
        /** The state as the repository's index names it. */
        String state() {
            return ready ? "READY" : "UNAVAILABLE";
        }
    }

    /**
     * @param layout where models are looked for
     * @param classifiers how those of each version are opened
     */
    ModelRepository(RepositoryLayout layout, Limits limits, ClassifierOptions classifiers, ServerMetrics metrics) {
        this(limits, classifiers, metrics, layout);
    }

    private ModelRepository(
            Limits limits, ClassifierOptions classifiers, ServerMetrics metrics, @Nullable RepositoryLayout layout) {
        this.layout = layout;
        this.limits = limits;
        this.options = classifiers.withImageLimits(limits.images()).withWarmUp();
        this.metrics = metrics;
    }

    /** A repository of classifiers that are open already, which it closes. */
    static ModelRepository of(Map<String, Classifier> classifiers, Limits limits, ServerMetrics metrics) {
        ModelRepository repository = new ModelRepository(limits, ClassifierOptions.defaults(), metrics, null);
        classifiers.forEach((model, classifier) -> {
            Entry entry = new Entry();
            entry.loaded = new LoadedVersion(model, "1", classifier, Optional.empty(), limits.images());
            repository.entries.put(model, entry);
            metrics.swapped(model, true);
        });
        return repository;
    }

    /**
     * Opens what there is.
     *
     * @throws IOException if the path cannot be read or has no model at all
     */
    void open() throws IOException {
        if (layout == null) {
            return;
        }
        for (List<ModelFile> versions : found().values()) {
            update(versions, true);
        }
    }

    private Map<String, List<ModelFile>> found() throws IOException {
        Map<String, List<ModelFile>> found = layout == null ? Map.of() : layout.scan();
        if (found.isEmpty()) {
            throw new IOException(layout + " has no model: expected FILE.onnx, files named so, or folders"
                    + " <model>/<version>/model.onnx");
        }
        return found;
    }

    /** Has something called after each change of what answers. */
    void onChange(Runnable changed) {
        listener = changed;
    }

    /** Polls the files from now on. */
    void watch(long everyMillis) {
        if (layout != null) {
            polls.scheduleWithFixedDelay(this::poll, everyMillis, everyMillis, TimeUnit.MILLISECONDS);
        }
    }

    private void poll() {
        try {
            refresh();
        } catch (IOException e) {
            LOG.warn("{} cannot be read, so what is loaded stays: {}", layout, e.toString());
        } catch (Throwable e) { // whatever it is, the next poll comes
            LOG.error("{} was not polled", layout, e);
        }
    }

    /** Polls once: a file is opened when it has not changed since the last poll, and given up when two did not find it. */
    synchronized void refresh() throws IOException {
        if (layout == null) {
            return;
        }
        Map<String, List<ModelFile>> found = layout.scan();
        for (Map.Entry<String, List<ModelFile>> model : found.entrySet()) {
            if (!isUnloaded(model.getKey())) {
                update(model.getValue(), false);
            }
        }
        for (String model : names()) {
            Entry entry = entry(model);
            boolean missing = !found.containsKey(model);
            if (missing && entry.missed) {
                forget(model);
            }
            entry.missed = missing;
        }
    }

    private Entry entry(String model) {
        synchronized (entries) {
            return entries.computeIfAbsent(model, name -> new Entry());
        }
    }

    private boolean isUnloaded(String model) {
        synchronized (entries) {
            return unloaded.contains(model);
        }
    }

    private List<String> names() {
        synchronized (entries) {
            return List.copyOf(entries.keySet());
        }
    }

    /**
     * Opens the highest version that can be opened.
     *
     * @param versions the highest first
     * @param atOnce whether it may have changed a moment ago
     */
    private synchronized void update(List<ModelFile> versions, boolean atOnce) {
        Entry entry = entry(versions.get(0).model());
        entry.refused.retainAll(versions);
        for (ModelFile file : versions) {
            if (file.equals(entry.file)) {
                return;
            }
            if (entry.refused.contains(file)) {
                continue;
            }
            if (!atOnce && !file.equals(entry.seen)) {
                entry.seen = file;
                return;
            }
            if (load(entry, file)) {
                return;
            }
        }
    }

    private boolean load(Entry entry, ModelFile file) {
        LoadedVersion fresh;
        try {
            fresh = opened(file);
        } catch (Throwable e) { // memory may be short, too: what is loaded stays
            refuse(entry, file, e);
            return false;
        }
        LoadedVersion old;
        synchronized (entries) {
            old = closed ? fresh : entry.loaded;
            if (!closed) {
                entry.loaded = fresh;
                if (entry.refused.isEmpty()) {
                    entry.reason = "";
                    entry.detail = "";
                }
            }
        }
        entry.file = file;
        if (old != null) {
            old.release();
        }
        LOG.info("model {} version {}: {}", file.model(), file.versionName(), fresh.classifier());
        metrics.swapped(file.model(), true);
        listener.run();
        return true;
    }

    private LoadedVersion opened(ModelFile file) throws IOException {
        OnnxFile onnx = OnnxFile.read(file.path());
        LoadedVersion.Cost cost = cost(onnx);
        Classifier classifier = Classifier.of(onnx, file.path().toString(), options);
        return new LoadedVersion(file.model(), file.versionName(), classifier, Optional.of(cost), limits.images());
    }

    private void refuse(Entry entry, ModelFile file, Throwable failure) {
        entry.refused.add(file);
        String version = "version " + file.versionName();
        synchronized (entries) {
            entry.reason = version + " could not be opened; the server's log says why";
            entry.detail = version + ": " + failure.getMessage();
        }
        if (failure instanceof IOException) {
            LOG.warn("model {} {} is refused: {}", file.model(), version, failure.getMessage());
        } else {
            LOG.warn("model {} {} is refused", file.model(), version, failure);
        }
        metrics.swapped(file.model(), false);
        listener.run();
    }

    /**
     * Opens all versions of all models, one after the other, and closes them again.
     *
     * @return what is wrong, one line for each version that cannot be opened
     * @throws IOException if the path cannot be read or has no model at all
     */
    List<String> check() throws IOException {
        List<String> problems = new ArrayList<>();
        for (List<ModelFile> versions : found().values()) {
            for (ModelFile file : versions) {
                try {
                    opened(file).release();
                } catch (IOException | RuntimeException e) {
                    problems.add("model " + file.model() + " version " + file.versionName() + ": " + e.getMessage());
                }
            }
        }
        return problems;
    }

    private static LoadedVersion.Cost cost(OnnxFile file) throws OnnxException {
        long parameters = 0;
        long macs = 0;
        for (GraphCosts.NodeCost node : GraphCosts.nodes(file)) {
            parameters += node.parameters();
            macs += node.macs();
        }
        return new LoadedVersion.Cost(parameters, macs);
    }

    /** Takes a version out of service. */
    private synchronized void remove(String model, String reason) {
        Entry entry = entry(model);
        LoadedVersion old;
        synchronized (entries) {
            old = entry.loaded;
            entry.loaded = null;
            entry.reason = reason;
            entry.detail = reason;
        }
        entry.file = null;
        entry.refused.clear();
        if (old != null) {
            old.release();
            LOG.info("model {} is unloaded: {}", model, reason);
        }
        listener.run();
    }

    /** Removes a model whose files are gone. */
    private synchronized void forget(String model) {
        remove(model, "its files are gone");
        synchronized (entries) {
            entries.remove(model);
            unloaded.remove(model);
        }
        listener.run();
    }

    /**
     * A version that answers, acquired for the caller.
     *
     * @param version empty for the loaded one
     * @throws Refusal if there is none
     */
    LoadedVersion acquire(String model, String version) {
        synchronized (entries) {
            Entry entry = entries.get(model);
            if (entry == null) {
                throw unknown(model);
            }
            LoadedVersion loaded = entry.loaded;
            if (loaded == null) {
                throw Refusal.unavailable("model " + model + " is not ready: " + entry.reason);
            }
            if (!version.isEmpty() && !version.equals(loaded.version())) {
                throw new Refusal(
                        Refusal.Kind.NOT_FOUND,
                        "model " + model + " has version " + loaded.version() + " loaded, not '" + version + "'");
            }
            loaded.acquire(); // while it is here it has a user
            return loaded;
        }
    }

    private Refusal unknown(String model) {
        return new Refusal(Refusal.Kind.NOT_FOUND, "no model '" + model + "'; there are " + entries.keySet());
    }

    /**
     * Checks that there is a model, whether it answers or not.
     *
     * @throws Refusal if there is none
     */
    void require(String model) {
        synchronized (entries) {
            if (!entries.containsKey(model)) {
                throw unknown(model);
            }
        }
    }

    /** Whether there is a model of this name, whether it answers or not. */
    boolean isKnown(String model) {
        synchronized (entries) {
            return entries.containsKey(model);
        }
    }

    /** Whether a version answers. */
    boolean isReady(String model, String version) {
        synchronized (entries) {
            Entry entry = entries.get(model);
            return entry != null
                    && entry.loaded != null
                    && (version.isEmpty() || version.equals(entry.loaded.version()));
        }
    }

    /** Whether a model answers, and every other that was tried and not unloaded on request. */
    boolean isReady() {
        synchronized (entries) {
            return entries.values().stream().anyMatch(entry -> entry.loaded != null)
                    && entries.entrySet().stream()
                            .allMatch(entry -> entry.getValue().loaded != null
                                    || !entry.getValue().isTried()
                                    || unloaded.contains(entry.getKey()));
        }
    }

    /** All models. */
    List<Status> status() {
        List<Status> all = new ArrayList<>();
        synchronized (entries) {
            entries.forEach((model, entry) -> {
                LoadedVersion loaded = entry.loaded;
                String version = loaded == null ? "" : loaded.version();
                all.add(new Status(model, version, loaded != null, entry.reason, entry.detail));
            });
        }
        return all;
    }

    /**
     * Loads a model, or its highest version if that is not loaded yet, on request.
     *
     * @throws Refusal if that cannot be done
     */
    synchronized void load(String model) throws IOException {
        List<ModelFile> versions = layout == null ? null : layout.scan().get(model);
        if (versions == null) {
            throw new Refusal(Refusal.Kind.NOT_FOUND, "no files of a model '" + model + "' in the server's folder");
        }
        Entry entry = entry(model);
        synchronized (entries) {
            unloaded.remove(model);
        }
        entry.refused.clear();
        update(versions, true);
        if (!versions.get(0).equals(entry.file)) {
            throw Refusal.invalid("model " + model + ": " + entry.reason
                    + (entry.file == null ? "" : "; version " + entry.file.versionName() + " stays"));
        }
    }

    /**
     * Unloads a model until it is loaded on request.
     *
     * @throws Refusal if there is none
     */
    synchronized void unload(String model) {
        require(model);
        synchronized (entries) {
            unloaded.add(model);
        }
        remove(model, "unloaded on request");
    }

    @Override
    public void close() {
        synchronized (entries) {
            closed = true;
        }
        polls.shutdownNow();
        for (String model : names()) {
            remove(model, "the server is shutting down");
        }
    }
}
