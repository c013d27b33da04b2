package dev.kinglet.serve;

import dev.kinglet.infer.Classifier.Outputs;
import dev.kinglet.network.Card;
import dev.kinglet.oip.DataType;
import dev.kinglet.oip.InferRequest;
import dev.kinglet.oip.InferResponse;
import dev.kinglet.oip.OipException;
import dev.kinglet.oip.Tensor;
import dev.kinglet.onnx.InputType;
import dev.kinglet.onnx.OnnxFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Inference as both protocols have it: tensors or encoded images to a model's outputs. Safe for several threads. */
final class Inference {
    private static final Logger LOG = LoggerFactory.getLogger(Inference.class);

    /** What to do about a model without embeddings. */
    static final String EXPORT = "it was exported without embeddings; export it again, by kinglet export --embeddings";

    private final ModelRepository repository;
    private final InferenceQueue queue;
    private final Limits limits;
    private final ServerMetrics metrics;

    Inference(ModelRepository repository, InferenceQueue queue, Limits limits, ServerMetrics metrics) {
        this.repository = repository;
        this.queue = queue;
        this.limits = limits;
        this.metrics = metrics;
    }

    /**
     * Until when, and whether, an answer is wanted.
     *
     * @param deadline of {@link System#nanoTime}
     * @param cancelled completed when no answer is wanted any more
     */
    record Caller(long deadline, CompletableFuture<?> cancelled) {}

    /**
     * Answers a request.
     *
     * @return the answer, or a {@link Refusal}
     */
    CompletableFuture<InferResponse> infer(InferRequest request, Caller caller) {
        return run(
                request.model(),
                request.version(),
                caller,
                version -> {
                    List<InferRequest.Output> wanted = wanted(request, version);
                    boolean embeddings = wanted.stream().anyMatch(Inference::isEmbedding);
                    return new Input(images(request, version), embeddings);
                },
                (work, outputs) -> {
                    LoadedVersion version = work.version();
                    List<Tensor> tensors = new ArrayList<>();
                    for (InferRequest.Output output : wanted(request, version)) {
                        tensors.add(tensor(output, version, work.size(), outputs));
                    }
                    return new InferResponse(version.model(), version.version(), request.id(), tensors);
                });
    }

    /** What is made of a model's outputs. */
    interface Answer<T> {
        T of(Work work, Outputs outputs) throws OipException;
    }

    /** The images of a request, and whether their embeddings are wanted. */
    record Input(List<ImageInput> images, boolean embeddings) {}

    /** What is sent to a version. */
    interface Request {
        Input to(LoadedVersion version);
    }

    /** Runs images and makes an answer of the outputs. */
    <T> CompletableFuture<T> run(String model, String version, Caller caller, Request request, Answer<T> answer) {
        LoadedVersion loaded;
        try {
            loaded = repository.acquire(model, version);
        } catch (Refusal e) {
            return CompletableFuture.failedFuture(e);
        }
        Work work = null;
        try {
            Input input = request.to(loaded);
            checkCount(input.images().size());
            checkBytes(input.images());
            work = new Work(loaded, input.images(), input.embeddings(), caller.deadline());
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        } finally {
            if (work == null) { // else it releases the version when it ends
                loaded.release();
            }
        }
        return run(work, caller, answer);
    }

    private <T> CompletableFuture<T> run(Work work, Caller caller, Answer<T> answer) {
        CompletableFuture<T> result = work.answer().handle((outputs, failure) -> {
            if (failure instanceof CancellationException) {
                throw new Refusal(Refusal.Kind.LATE, "the client has gone, or its deadline has passed");
            }
            if (failure != null) {
                throw refusal(failure);
            }
            T reply;
            try {
                reply = answer.of(work, outputs);
            } catch (OipException e) {
                throw Refusal.invalid(e.getMessage());
            }
            metrics.answered(work);
            return reply;
        });
        caller.cancelled().thenAccept(ignored -> work.answer().cancel(false));
        queue.add(work);
        return result;
    }

    /** Why there is no answer. */
    static Refusal refusal(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof Refusal refusal) {
            return refusal;
        }
        LOG.error("a mistake in Kinglet", cause);
        return new Refusal(Refusal.Kind.FAILED, "a mistake in Kinglet; the server's log says more");
    }

    /** Checks the number of images of a request, before anything is made of them. */
    private void checkCount(long images) {
        if (images < 1) {
            throw Refusal.invalid("no image in the request");
        }
        int max = Math.min(limits.requestImages(), limits.queueImages());
        if (images > max) {
            throw new Refusal(
                    Refusal.Kind.TOO_LARGE,
                    images + " images in one request; at most " + max + " are taken (max-images)");
        }
    }

    private void checkBytes(List<ImageInput> images) {
        long bytes = images.stream().mapToLong(ImageInput::size).sum();
        if (bytes > limits.queueBytes()) {
            throw new Refusal(
                    Refusal.Kind.TOO_LARGE,
                    "the images have " + bytes + " bytes; at most " + limits.queueBytes()
                            + " can wait (max-queue-bytes)");
        }
    }

    /** The outputs of an answer, in its order: those that the request names, or else all. */
    private static List<InferRequest.Output> wanted(InferRequest request, LoadedVersion version) {
        List<String> known = version.outputs();
        if (request.outputs().isEmpty()) {
            return known.stream().map(InferRequest.Output::new).toList();
        }
        Set<String> named = new HashSet<>();
        for (InferRequest.Output output : request.outputs()) {
            if (!known.contains(output.name())) {
                String hint = isEmbedding(output) ? "; " + EXPORT : "";
                throw Refusal.invalid("the model's " + (known.size() == 1 ? "output is " : "outputs are ")
                        + String.join(" and ", known) + ", not '" + output.name() + "'" + hint);
            }
            if (!named.add(output.name())) {
                throw Refusal.invalid("the output " + output.name() + " was asked for twice");
            }
            if (isEmbedding(output) && output.classes() > 0) {
                throw Refusal.invalid(
                        "classification is of the output " + OnnxFile.OUTPUT + "; an embedding has no classes");
            }
        }
        return request.outputs();
    }

    private static boolean isEmbedding(InferRequest.Output output) {
        return output.name().equals(OnnxFile.EMBEDDING);
    }

    private List<ImageInput> images(InferRequest request, LoadedVersion version) {
        if (request.inputs().size() != 1) {
            throw Refusal.invalid("the model has one input, " + OnnxFile.INPUT + ", but "
                    + request.inputs().size() + " were sent");
        }
        Tensor input = request.inputs().get(0);
        if (!input.name().equals(OnnxFile.INPUT)) {
            throw Refusal.invalid("the model's input is " + OnnxFile.INPUT + ", not '" + input.name() + "'");
        }
        if (!input.shape().isEmpty()) {
            checkCount(input.shape().get(0));
        }
        return input.type() == DataType.BYTES ? encoded(input) : prepared(input, version);
    }

    private static List<ImageInput> encoded(Tensor input) {
        List<Long> shape = input.shape();
        if (shape.size() != 1 && (shape.size() != 2 || shape.get(1) != 1)) {
            throw Refusal.invalid("encoded images are a tensor [n] or [n, 1], one element per image, not " + shape);
        }
        List<ImageInput> images = new ArrayList<>();
        for (byte[] bytes : input.bytes()) {
            images.add(new ImageInput.Encoded(EncodedImages.of(bytes)));
        }
        return images;
    }

    private static List<ImageInput> prepared(Tensor input, LoadedVersion version) {
        DataType type = inputType(version);
        long size = version.inputSize();
        List<Long> shape = input.shape();
        if (input.type() != type
                || shape.size() != 4
                || shape.get(1) != 3
                || shape.get(2) != size
                || shape.get(3) != size) {
            throw Refusal.invalid("the model takes " + type + " [n, 3, " + size + ", " + size
                    + "], or BYTES [n] with encoded images, not " + input.type() + " " + shape);
        }
        ByteBuffer data = input.data();
        int count = Math.toIntExact(shape.get(0));
        int each = count == 0 ? 0 : data.remaining() / count;
        return IntStream.range(0, count)
                .<ImageInput>mapToObj(
                        i -> new ImageInput.Prepared(data.slice(i * each, each).order(ByteOrder.LITTLE_ENDIAN)))
                .toList();
    }

    /** Type of the model's input in the protocol's names. */
    static DataType inputType(LoadedVersion version) {
        return version.classifier().inputType() == InputType.UINT8 ? DataType.UINT8 : DataType.FP32;
    }

    private static Tensor tensor(InferRequest.Output output, LoadedVersion version, int images, Outputs outputs)
            throws OipException {
        if (isEmbedding(output)) {
            float[] embeddings = outputs.embeddings();
            return Tensor.ofFloats(OnnxFile.EMBEDDING, embeddings, images, embeddings.length / images);
        }
        return output.classes() == 0
                ? Tensor.ofFloats(OnnxFile.OUTPUT, outputs.logits(), images, version.classes())
                : best(version, images, outputs.logits(), Math.min(output.classes(), version.classes()));
    }

    /** The best classes as {@code score:index:label}, the score being the logit. */
    private static Tensor best(LoadedVersion version, int images, float[] logits, int classes) throws OipException {
        Card card = version.card();
        List<byte[]> texts = new ArrayList<>();
        for (int image = 0; image < images; image++) {
            int first = image * version.classes();
            IntStream.range(0, version.classes())
                    .boxed()
                    .sorted(Comparator.comparing((Integer index) -> -logits[first + index]))
                    .limit(classes)
                    .forEach(index -> texts.add((logits[first + index] + ":" + index + ":"
                                    + card.labels().get(index))
                            .getBytes(StandardCharsets.UTF_8)));
        }
        return Tensor.ofBytes(OnnxFile.OUTPUT, texts, images, classes);
    }
}
