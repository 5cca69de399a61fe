"""The reference model of Theodore: what each operation answers, by the contract and by what was done before."""
