/**
 * A certificate for 127.0.0.1 and localhost that signs itself, valid from 2020 to 2120, and its key: for servers and
 * clients of tests, and of no use elsewhere.
 */

export const certificate = `-----BEGIN CERTIFICATE-----
MIIBbjCCAROgAwIBAgIBATAKBggqhkjOPQQDAjAXMRUwEwYDVQQDDAxjb25kdWl0
IHRlc3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBcxFTATBgNV
BAMMDGNvbmR1aXQgdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABG8Hl1Pf
FqW2sBUYIP5Sj8t3Tb6+Eq5DyyWW8amVDmYSsiKLP5lIYLwFnMachbH6ryObgGox
5+nMMsy7c/H9wDOjTjBMMA8GA1UdEwEB/wQFMAMBAf8wGgYDVR0RBBMwEYcEfwAA
AYIJbG9jYWxob3N0MB0GA1UdDgQWBBSLC6JMMY+AhEMYeX1qyOtC2TsefDAKBggq
hkjOPQQDAgNJADBGAiEApCN5va498BlUrO3ABPKrHezc1rz2Ryw9Hx6swrzq/igC
IQC61LPRxYBCTMW5TohYQsk9MkHt0Dw6lut0ZNN4qWrNTA==
-----END CERTIFICATE-----
`;

export const privateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgFLwOgJhvxRpv+opc
3hF8akrmDrnbZe/98D+F62qwBQ6hRANCAARvB5dT3xaltrAVGCD+Uo/Ld02+vhKu
Q8sllvGplQ5mErIiiz+ZSGC8BZzGnIWx+q8jm4BqMefpzDLMu3Px/cAz
-----END PRIVATE KEY-----
`;
