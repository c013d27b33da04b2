package dev.kinglet.data;

import dev.kinglet.pickle.PickledArray;
import dev.kinglet.pickle.Unpickler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * One of the variants in which CIFAR is published (Krizhevsky, 2009).
 *
 * @param name of the data set
 * @param folder that its archive unpacks to
 * @param labelFile with the names of the classes
 * @param trainFiles in the order of their images
 * @param codec of the files
 */
record CifarVariant(
        String name, String folder, String labelFile, List<String> trainFiles, String testFile, Codec codec) {
    private static final int PIXEL_BYTES = 3 * CifarDataset.SIDE * CifarDataset.SIDE;

    static final List<CifarVariant> ALL = List.of(
            new CifarVariant(
                    "CIFAR-10",
                    "cifar-10-batches-bin",
                    "batches.meta.txt",
                    batches(".bin"),
                    "test_batch.bin",
                    new Records(1)),
            new CifarVariant(
                    "CIFAR-10",
                    "cifar-10-batches-py",
                    "batches.meta",
                    batches(""),
                    "test_batch",
                    new Pickles("labels", "label_names")),
            new CifarVariant(
                    "CIFAR-100",
                    "cifar-100-binary",
                    "fine_label_names.txt",
                    List.of("train.bin"),
                    "test.bin",
                    new Records(2)),
            new CifarVariant(
                    "CIFAR-100",
                    "cifar-100-python",
                    "meta",
                    List.of("train"),
                    "test",
                    new Pickles("fine_labels", "fine_label_names")));

    private static List<String> batches(String ending) {
        return IntStream.rangeClosed(1, 5)
                .mapToObj(i -> "data_batch_" + i + ending)
                .toList();
    }

    /** All files of this variant, the labels first. */
    List<String> files() {
        List<String> files = new ArrayList<>(List.of(labelFile));
        files.addAll(trainFiles);
        files.add(testFile);
        return files;
    }

    /** Encoding of the files. */
    interface Codec {
        /** The names of the classes, in order. */
        List<String> labels(byte[] file) throws IOException;

        /** The images of a file of this name. */
        CifarDataset.Part images(String name, byte[] file) throws IOException;
    }

    /** One record per image: labels of one byte each, of which the last counts, and the pixels. */
    private record Records(int labelBytes) implements Codec {
        @Override
        public List<String> labels(byte[] file) {
            return new String(file, StandardCharsets.UTF_8)
                    .lines()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty())
                    .toList();
        }

        @Override
        public CifarDataset.Part images(String name, byte[] file) throws DatasetException {
            int stride = labelBytes + PIXEL_BYTES;
            if (file.length % stride != 0) {
                throw new DatasetException("truncated or damaged: its " + file.length
                        + " bytes are not a whole number of records of " + stride);
            }
            int[] labels = new int[file.length / stride];
            for (int i = 0; i < labels.length; i++) {
                labels[i] = file[i * stride + labelBytes - 1] & 0xff;
            }
            return new CifarDataset.Part(stem(name), file, labelBytes, stride, labels);
        }

        private static String stem(String name) {
            return name.substring(0, name.lastIndexOf('.'));
        }
    }

    /** A pickled dictionary, with the pixels as a numpy array. */
    private record Pickles(String labelsKey, String namesKey) implements Codec {
        @Override
        public List<String> labels(byte[] file) throws IOException {
            List<String> labels = new ArrayList<>();
            for (Object label : list(dictionary(file), namesKey)) {
                labels.add(Unpickler.text(label)
                        .orElseThrow(() -> new DatasetException("its '" + namesKey + "' are not all text")));
            }
            return labels;
        }

        @Override
        public CifarDataset.Part images(String name, byte[] file) throws IOException {
            Map<?, ?> entries = dictionary(file);
            if (!(entries.get("data") instanceof PickledArray pixels)
                    || !pixels.dtype().equals("|u1")
                    || pixels.fortranOrder()
                    || pixels.shape().size() != 2
                    || pixels.shape().get(1) != PIXEL_BYTES) {
                throw new DatasetException("it has no 'data' of uint8 [images, " + PIXEL_BYTES + "]");
            }
            List<?> values = list(entries, labelsKey);
            if (values.size() != pixels.shape().get(0)) {
                throw new DatasetException("it has " + values.size() + " labels for "
                        + pixels.shape().get(0) + " images");
            }
            int[] labels = new int[values.size()];
            for (int i = 0; i < labels.length; i++) {
                if (!(values.get(i) instanceof Long label) || label < 0 || label > 255) {
                    throw new DatasetException("its label " + i + " is not a number from 0 to 255");
                }
                labels[i] = label.intValue();
            }
            return new CifarDataset.Part(name, pixels.data(), 0, PIXEL_BYTES, labels);
        }

        private static List<?> list(Map<?, ?> entries, String key) throws DatasetException {
            if (entries.get(key) instanceof List<?> list) {
                return list;
            }
            throw new DatasetException("it has no list '" + key + "'");
        }

        private static Map<?, ?> dictionary(byte[] file) throws IOException {
            if (Unpickler.defaults().read(file) instanceof Map<?, ?> entries) {
                return entries;
            }
            throw new DatasetException("it is not the pickle of a dictionary");
        }
    }
}
