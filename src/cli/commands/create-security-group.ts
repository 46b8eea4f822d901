import { CcFailure } from "../cloud-controller.ts";
import type { Command } from "../command.ts";
import { existing } from "../flag-values.ts";
import { RULES_FILE_HELP, readRules } from "../security-groups.ts";

export const command: Command = {
  usage: `cf create-security-group SECURITY_GROUP PATH_TO_JSON_RULES_FILE\n\n${RULES_FILE_HELP}`,
  args: [{ name: "SECURITY_GROUP" }, { name: "PATH_TO_JSON_RULES_FILE" }],
  related: "bind-running-security-group, bind-security-group, bind-staging-security-group, security-groups",
  run: async (cli, input) => {
    const { ui } = cli;
    const [name, path] = [input.arg(0), input.arg(1)];
    await existing(cli.deps.cwd, path);
    const user = cli.requireTarget("login");
    ui.flavor`Creating security group ${name} as ${user.name}...`;
    ui.text();
    const rules = await readRules(cli, path);
    try {
      await cli.cc.post("/v3/security_groups", { name, rules });
    } catch (error) {
      const taken = /Security group with name '.*' already exists\./s;
      if (!(error instanceof CcFailure) || !taken.test(error.message)) throw error;
      ui.warn(error.message);
    }
    ui.ok();
  },
};
