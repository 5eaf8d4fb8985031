/* Answers for CPUID in libraries where processors.py has replaced it by INT 0xA2, which
   Linux refuses: as the processor does, less what came after the level that
   CPUID_LEVEL names. Preloaded into Python; in C, as Python has no handler that could
   set registers. */
#define _GNU_SOURCE
#include <cpuid.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

enum { AVX, AVX2, AVX512, VNNI, BF16, FP16, LATER };
static const char *const NAMES[] = {"avx",         "avx2",        "avx512f",
                                    "avx512_vnni", "avx512_bf16", "avx512_fp16"};
static int level;

#define BIT(n) (1u << (n))
static const struct { /* bits of a register for a leaf, unknown below a level */
    int level;
    unsigned leaf, subleaf;
    int reg;
    unsigned bits;
} NEW[] = {
    {AVX2, 1, 0, REG_RCX, BIT(12) | BIT(29)},        /* FMA, F16C */
    {AVX2, 7, 0, REG_RBX, BIT(3) | BIT(5) | BIT(8)}, /* BMI1, AVX2, BMI2 */
    {AVX512, 7, 0, REG_RBX, BIT(16) | BIT(17) | BIT(21)}, /* F, DQ, IFMA */
    {AVX512, 7, 0, REG_RBX, BIT(28) | BIT(30) | BIT(31)}, /* CD, BW, VL */
    {AVX512, 7, 0, REG_RCX, BIT(1) | BIT(6) | BIT(12) | BIT(14)}, /* VBMI and others */
    {AVX512, 7, 0, REG_RDX, BIT(8)},                              /* VP2INTERSECT */
    {VNNI, 7, 0, REG_RCX, BIT(11)},
    {VNNI, 7, 1, REG_RAX, BIT(4)}, /* VNNI without AVX-512 */
    {BF16, 7, 1, REG_RAX, BIT(5)},
    {FP16, 7, 0, REG_RDX, BIT(23)},
    {LATER, 7, 0, REG_RDX, BIT(22) | BIT(24) | BIT(25)}, /* AMX */
    {LATER, 7, 1, REG_RAX, BIT(21) | BIT(23)}, /* AMX with FP16, IFMA without AVX-512 */
    {LATER, 7, 1, REG_RDX, ~0u},               /* AVX10 and more of these */
};

static void answer(int number, siginfo_t *info, void *context) {
    (void)info;
    greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
    if (memcmp((void *)regs[REG_RIP], "\xcd\xa2", 2)) { /* a fault that is none of ours */
        signal(number, SIG_DFL);
        return;
    }
    unsigned leaf = regs[REG_RAX], subleaf = regs[REG_RCX], a, b, c, d;
    __cpuid_count(leaf, subleaf, a, b, c, d);
    regs[REG_RAX] = a, regs[REG_RBX] = b, regs[REG_RCX] = c, regs[REG_RDX] = d;
    for (size_t i = 0; i < sizeof NEW / sizeof *NEW; i++)
        if (level < NEW[i].level && leaf == NEW[i].leaf)
            if (leaf == 1 || subleaf == NEW[i].subleaf) regs[NEW[i].reg] &= ~NEW[i].bits;
    regs[REG_RIP] += 2;
}

__attribute__((constructor)) static void start(void) {
    const char *name = getenv("CPUID_LEVEL");
    level = name ? AVX : LATER;
    while (level < LATER && strcmp(name, NAMES[level])) level++;
    struct sigaction action = {.sa_sigaction = answer, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
}
