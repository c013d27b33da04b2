package dev.kinglet.serve;

import dev.kinglet.infer.Classifier.Outputs;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** The images of one request, on their way to a model's outputs. It is a user of its version until it has ended. */
final class Work {
    private final LoadedVersion version;
    private final List<ImageInput> images;
    private final long deadline;
    private final long queued = System.nanoTime();
    private final int features; // wanted of each image
    private final Outputs outputs;
    private final AtomicInteger left;
    private final CompletableFuture<Outputs> answer = new CompletableFuture<>();
    private final AtomicLong queueNanos = new AtomicLong();
    private final AtomicLong decodeNanos = new AtomicLong();
    private final AtomicLong computeNanos = new AtomicLong();

    /**
     * @param version acquired for it
     * @param wantsEmbeddings whether embeddings are wanted too, which the version has
     * @param deadline of {@link System#nanoTime}
     */
    Work(LoadedVersion version, List<ImageInput> images, boolean wantsEmbeddings, long deadline) {
        this.version = version;
        this.images = List.copyOf(images);
        this.deadline = deadline;
        features = wantsEmbeddings ? version.classifier().features().orElseThrow() : 0;
        outputs = new Outputs(
                new float[Math.multiplyExact(images.size(), version.classes())],
                new float[Math.multiplyExact(images.size(), features)]);
        left = new AtomicInteger(images.size());
        answer.whenComplete((outputs, failure) -> version.release());
    }

    /** One image of a request. */
    record Task(Work work, int index) {
        ImageInput image() {
            return work.images.get(index);
        }
    }

    LoadedVersion version() {
        return version;
    }

    int size() {
        return images.size();
    }

    long bytes() {
        return images.stream().mapToLong(ImageInput::size).sum();
    }

    boolean wantsEmbeddings() {
        return features > 0;
    }

    /**
     * The outputs, without embeddings unless they are wanted; or a {@link Refusal}. Cancelling it ends the work.
     */
    CompletableFuture<Outputs> answer() {
        return answer;
    }

    /** Whether nobody waits for an answer any more: it is given, has failed, or is cancelled. */
    boolean isOver() {
        return answer.isDone();
    }

    boolean isLate() {
        return System.nanoTime() - deadline >= 0;
    }

    void fail(Refusal refusal) {
        answer.completeExceptionally(refusal);
    }

    /** Notes that an image has left the queue. */
    void taken() {
        queueNanos.accumulateAndGet(System.nanoTime() - queued, Math::max);
    }

    void decoded(long nanos) {
        decodeNanos.addAndGet(nanos);
    }

    /**
     * Takes the outputs of one image.
     *
     * @param of some images, one after the other; with embeddings if they are wanted
     * @param position of this one among them
     * @param nanos its part of the time of running them
     */
    void answer(int index, Outputs of, int position, long nanos) {
        int classes = version.classes();
        System.arraycopy(of.logits(), position * classes, outputs.logits(), index * classes, classes);
        System.arraycopy(of.embeddings(), position * features, outputs.embeddings(), index * features, features);
        computeNanos.addAndGet(nanos);
        if (left.decrementAndGet() == 0) {
            answer.complete(outputs);
        }
    }

    long queueNanos() {
        return queueNanos.get();
    }

    long decodeNanos() {
        return decodeNanos.get();
    }

    long computeNanos() {
        return computeNanos.get();
    }
}
