package dev.kinglet.torch;

import dev.kinglet.train.distributed.Rendezvous;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.Collections;
import java.util.Comparator;
import java.util.stream.Collectors;

/**
 * The address under which this process is reached by the others of its group.
 *
 * @param name of its network interface
 */
record Route(InetAddress address, String name) {
    /**
     * The address of the interface that was asked for, or else the one that packets to the master come from. Nothing is sent.
     *
     * @throws IllegalArgumentException if there is no such interface, or it has no address
     * @throws IOException if the master's name is not known, or there is no way to it
     */
    static Route of(Rendezvous rendezvous) throws IOException {
        if (rendezvous.networkInterface().isPresent()) {
            return of(rendezvous.networkInterface().get());
        }
        InetAddress master;
        try {
            master = InetAddress.getByName(rendezvous.masterAddress());
        } catch (UnknownHostException e) {
            throw new IOException(
                    Rendezvous.MASTER_ADDR + ": no machine of the name " + rendezvous.masterAddress() + " is known", e);
        }
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.connect(new InetSocketAddress(master, rendezvous.masterPort()));
            InetAddress own = socket.getLocalAddress();
            NetworkInterface network = NetworkInterface.getByInetAddress(own);
            return new Route(own, network == null ? "?" : network.getName());
        } catch (SocketException | java.io.UncheckedIOException e) {
            throw new IOException("there is no way to " + rendezvous.masterAddress() + ": " + e.getMessage(), e);
        }
    }

    private static Route of(String name) throws SocketException {
        NetworkInterface network = NetworkInterface.getByName(name);
        if (network == null) {
            throw new IllegalArgumentException("there is no network interface " + name + "; there are "
                    + Collections.list(NetworkInterface.getNetworkInterfaces()).stream()
                            .map(NetworkInterface::getName)
                            .sorted()
                            .collect(Collectors.joining(", ")));
        }
        InetAddress address = Collections.list(network.getInetAddresses()).stream()
                .min(Comparator.comparing(found -> !(found instanceof Inet4Address)))
                .orElseThrow(() -> new IllegalArgumentException("network interface " + name + " has no address"));
        return new Route(address, name);
    }

    @Override
    public String toString() {
        return address.getHostAddress() + " (" + name + ")";
    }
}
