import { mount } from '@vue/test-utils'
import { expect, it } from 'vitest'
import FormInput from '../../../src/renderer/form/FormInput.vue'
import type { FormField } from '../../../src/renderer/form/form-model.ts'
import { formOf } from '../../../src/renderer/form/form-model.ts'
import { machineSchema } from '../../../src/shared/project/schema.ts'

const fieldOf = (key: string): FormField =>
  formOf(machineSchema)
    .flatMap((group) => group.fields)
    .find((each) => each.key === key)!
const field = fieldOf('sanitizer')

it('shows a field that is on or off as a checkbox, with its default and a way back to it', async () => {
  const input = mount(FormInput, { props: { field, value: undefined, problem: undefined, override: false } })
  const box = input.get<HTMLInputElement>('[data-testid="field-sanitizer"]')
  expect([box.element.type, box.element.checked]).toEqual(['checkbox', true])
  expect(input.text()).toContain('default on')
  expect(input.text()).toContain('This scenario sets it to off.')
  expect(input.find('[data-testid="reset-sanitizer"]').exists()).toBe(false)

  await box.setValue(false)
  expect(input.emitted('change')).toEqual([[false]])
  await input.setProps({ value: false })
  expect(box.element.checked).toBe(false)
  await input.get('[data-testid="reset-sanitizer"]').trigger('click')
  expect(input.emitted('change')).toEqual([[false], [true]])
})

it('offers the lab’s devices, or a file of the user’s', async () => {
  const device = fieldOf('device')
  const input = mount(FormInput, {
    props: { field: device, value: 'ide-disk', problem: undefined, override: undefined },
  })
  const select = input.get<HTMLSelectElement>('[data-testid="field-device"]')
  const file = '[data-testid="field-device-file"]'
  expect([select.element.value, input.find(file).exists()]).toEqual(['ide-disk', false])
  await select.setValue('ahci-ssd')
  expect(input.emitted('change')).toEqual([['ahci-ssd']])
  await select.setValue('other')
  expect(input.emitted('change')).toHaveLength(1)
  await input.get(file).setValue('my/disk.json')
  expect(input.emitted('change')?.at(-1)).toEqual(['my/disk.json'])
  await input.setProps({ value: 'my/disk.json' })
  expect([select.element.value, input.get<HTMLInputElement>(file).element.value]).toEqual([
    'other',
    'my/disk.json',
  ])
})

it('offers the lab’s cost profiles likewise', () => {
  const input = mount(FormInput, {
    props: { field: fieldOf('costs'), value: 'p4up', problem: undefined, override: undefined },
  })
  const select = input.get<HTMLSelectElement>('[data-testid="field-costs"]')
  expect(select.element.value).toBe('p4up')
  expect([...select.element.options].map((option) => option.value)).toEqual([
    'opteron8',
    'p3smp',
    'p4up',
    'x86new',
    'other',
  ])
})
