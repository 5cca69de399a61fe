"""What every embedded system needs: sockets, certificates, settings, signatures."""
