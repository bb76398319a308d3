#!/usr/bin/env bash
# Of the two ends of a TCP connection the one that dialled has one byte more acknowledged than it has sent.
#
# Guess:     tcpi_bytes_acked is at most tcpi_bytes_sent, and the two ends of a connection look alike.
# Seen:      on the side that dialled the SYN counts as an acknowledged byte, and not as a sent one; on the side that accepted
#            neither counts. So the kernel tells who dialled, which no interface says.
# Versions:  Linux 6.18; 2026-11-28
set -euo pipefail
command -v python3 > /dev/null || { echo 'needs python3'; exit 77; }
python3 - << 'PY'
import platform, socket, struct
def difference(end):
    info = end.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    acked, sent = struct.unpack_from('Q', info, 120)[0], struct.unpack_from('Q', info, 200)[0]
    return acked - sent
server = socket.create_server(('127.0.0.1', 0))
dialler = socket.create_connection(server.getsockname())
acceptor, _ = server.accept()
for sender, receiver in ((dialler, acceptor), (acceptor, dialler)):
    sender.sendall(b'12345')
    receiver.recv(5)
seen = f'dialler {difference(dialler)}, acceptor {difference(acceptor)}'
print(f'Linux {platform.release()}: acknowledged - sent: {seen}')
raise SystemExit(0 if seen == 'dialler 1, acceptor 0' else 1)
PY
