package dev.kinglet.serve;

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
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Inference as both protocols have it: tensors or encoded images to logits. Safe for several threads. */
final class Inference {
    private static final Logger LOG = LoggerFactory.getLogger(Inference.class);

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
                    checkOutputs(request);
                    return images(request, version);
                },
                (work, logits) -> {
                    List<Tensor> outputs = outputs(request, work.version(), work.size(), logits);
                    return new InferResponse(
                            work.version().model(), work.version().version(), request.id(), outputs);
                });
    }

    /** What is made of logits {@code [images, classes]}. */
    interface Answer<T> {
        T of(Work work, float[] logits) throws OipException;
    }

    /** The images of a request to a version. */
    interface Images {
        List<ImageInput> of(LoadedVersion version);
    }

    /** Runs images and makes an answer of their logits. */
    <T> CompletableFuture<T> run(String model, String version, Caller caller, Images images, Answer<T> answer) {
        LoadedVersion loaded;
        try {
            loaded = repository.acquire(model, version);
        } catch (Refusal e) {
            return CompletableFuture.failedFuture(e);
        }
        Work work = null;
        try {
            List<ImageInput> inputs = images.of(loaded);
            checkCount(inputs.size());
            checkBytes(inputs);
            work = new Work(loaded, inputs, caller.deadline());
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
        CompletableFuture<T> result = work.answer().handle((logits, failure) -> {
            if (failure instanceof CancellationException) {
                throw new Refusal(Refusal.Kind.LATE, "the client has gone, or its deadline has passed");
            }
            if (failure != null) {
                throw refusal(failure);
            }
            T reply;
            try {
                reply = answer.of(work, logits);
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

    private static void checkOutputs(InferRequest request) {
        if (request.outputs().size() > 1) {
            throw Refusal.invalid("the model has one output, " + OnnxFile.OUTPUT + ", but "
                    + request.outputs().size() + " were asked for");
        }
        for (InferRequest.Output output : request.outputs()) {
            if (!output.name().equals(OnnxFile.OUTPUT)) {
                throw Refusal.invalid("the model's output is " + OnnxFile.OUTPUT + ", not '" + output.name() + "'");
            }
        }
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

    private static List<Tensor> outputs(InferRequest request, LoadedVersion version, int images, float[] logits)
            throws OipException {
        int classes = request.outputs().isEmpty() ? 0 : request.outputs().get(0).classes();
        return List.of(
                classes == 0
                        ? Tensor.ofFloats(OnnxFile.OUTPUT, logits, images, version.classes())
                        : best(version, images, logits, Math.min(classes, version.classes())));
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
