package dev.kinglet.infer;

import dev.kinglet.network.Model;

/**
 * What an export wrote.
 *
 * @param written the model in the file: rewritten, and its card as the file has it
 * @param bytes of the file
 * @param difference between the file's logits in ONNX Runtime and the source's: the largest, in standard deviations of
 *     the logits
 */
public record ExportReport(Model written, long bytes, double difference) {}
